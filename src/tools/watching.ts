import * as z from 'zod'
import { Id } from '../contract/common.ts'
import type { PeerRef, Watchdog } from '../contract/index.ts'
import { createWatchdog } from '../contract/watchdogs.ts'
import { MusterError } from '../errors.ts'
import { commandKey, type ToolPort } from './port.ts'
import { ADDS, defineTool, given } from './tool.ts'
import { lines, nameOf, words } from './views.ts'

const MAX_LISTED = 30
const MAX_LABEL_CHARS = 80
const { on, peer, side, thread, review, for: span, repeat, over } = createWatchdog.input.shape

const WatchdogShape = z.object({ watchdog: z.string(), watches: z.string(), state: z.string(), tells: z.string(), open: z.int(), label: z.string().optional() })

export const watchdog = defineTool({
  name: 'watchdog',
  title: 'Be told of silence, late asks and late reviews',
  description:
    'Be woken, once each, when a peer is silent, asks are open or reviews owed (one, or all of your circle) for so long. end removes one; no fields: lists.',
  profile: 'orchestrator',
  annotations: ADDS,
  input: z.strictObject({
    on: on.optional(),
    peer,
    side: side.describe('asks to the peer, or from it'),
    thread,
    review,
    for: span.optional().describe('Such as 30m'),
    repeat: repeat.describe('Tell again this often'),
    over: over.describe('Tell the end, too'),
    end: Id('watchdog').optional(),
  }),
  output: z.object({ made: z.string().optional(), ended: z.string().optional(), watchdogs: z.array(WatchdogShape).optional() }),
  async run(port, { end, on, for: span, ...rest }) {
    if (end !== undefined) {
      await port.call('watchdogs.delete', { watchdog: end })
      return { structured: { ended: end }, text: `${end} is gone.` }
    }
    if (on === undefined) return await list(port)
    if (span === undefined) throw new MusterError('invalid_input', { field: 'for', hint: 'Say for how long: {"on":"silence","peer":"bob","for":"30m"}.' })
    const { over, ...others } = rest
    const { watchdog: made } = await port.call('watchdogs.create', { on, for: span, over, ...given(others), ...commandKey(port) })
    const view = viewWatchdog(made, await port.self())
    return { structured: { made: made.id, watchdogs: [view] }, text: `${line(view)}. You are woken; end your turn.` }
  },
})

async function list(port: ToolPort) {
  const self = await port.self()
  const page = await port.call('watchdogs.list', { limit: MAX_LISTED, mine: true })
  const views = page.watchdogs.map((each) => viewWatchdog(each, self))
  const text = lines(...views.map(line), views.length === 0 ? 'None.' : undefined, page.after === null ? undefined : 'There are more.')
  return { structured: { watchdogs: views }, text }
}

function viewWatchdog(each: Watchdog, self: PeerRef): z.output<typeof WatchdogShape> {
  return {
    watchdog: each.id,
    watches: watchedBy(each, self),
    state: each.state,
    tells: nameOf(each.tells, self, ''),
    open: each.open,
    ...(each.label === null ? {} : { label: words(each.label, MAX_LABEL_CHARS) }),
  }
}

function watchedBy({ on, peer, side, thread, review, circle, for: span }: Watchdog, self: PeerRef): string {
  if (on === 'silence') return `silence of ${nameOf(peer, self, '')} for ${span}`
  if (on === 'review') return `${review ?? `reviews in ${circle}`} owed for ${span}`
  return `${thread ?? (peer === null ? `asks in ${circle}` : `asks ${side} ${nameOf(peer, self, '')}`)} open for ${span}`
}

function line({ watchdog: id, watches, state, tells, open }: z.output<typeof WatchdogShape>): string {
  return `${id} ${state}: ${watches}, tells ${tells}${open > 0 ? `, ${open} over their time` : ''}`
}
