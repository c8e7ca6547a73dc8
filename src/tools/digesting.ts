import * as z from 'zod'
import { getDigest } from '../contract/digest.ts'
import type { Change, Need, PeerRef } from '../contract/index.ts'
import { minuteOf } from './plain-text.ts'
import { defineTool, given, type ToolHints } from './tool.ts'
import { lines, words } from './views.ts'

/** What is shown of each, so that the whole takes no more than 600 tokens. */
const MAX_NEEDS = 10
const MAX_SAYS_CHARS = 80
const MAX_NEWEST_CHARS = 40

/** It marks as read what its own argument proves to have been read. */
const LOOKS: ToolHints = { readOnlyHint: false, destructiveHint: false, openWorldHint: false }

const NeedShape = z.object({ kind: z.string(), id: z.string(), says: z.string(), at: z.string().optional(), act: z.string() })
const ChangeShape = z.object({ kind: z.string(), count: z.int(), newest: z.array(z.string()) })

export const digest = defineTool({
  name: 'digest',
  title: 'What needs you, and what changed',
  description: 'What needs you, the most urgent first, and what changed since the digest whose cursor you give (else the last that you gave). Short.',
  profile: 'orchestrator',
  annotations: LOOKS,
  input: z.strictObject({ since: getDigest.input.shape.since }),
  output: z.object({
    cursor: z.string(),
    waiting: z.int(),
    needs: z.int(),
    needsYou: z.array(NeedShape),
    changed: z.array(ChangeShape),
    note: z.string().optional(),
  }),
  async run(port, { since }) {
    // Whoever has the cursor has the digest that it came with.
    const found = await port.call('digest.get', { limit: MAX_NEEDS, ...given({ since }) })
    if (since !== undefined && !found.expired) await port.call('digest.seen', { cursor: since })
    const { cursor, waiting, needs, expired, complete } = found
    const needsYou = found.needsYou.map(viewNeed)
    const changed = found.changed.map(viewChange)
    const note = expired ? 'That cursor has expired: all that is kept is shown.' : complete ? undefined : 'Too much happened to look at all of it: the newest.'
    const text = lines(
      needs === 0 ? 'Nothing needs you.' : `${needs} need you${needs > needsYou.length ? `, the first ${needsYou.length}` : ''}:`,
      ...needsYou.map(({ id, says, at, act }) => `- ${id} ${says}${at === undefined ? '' : `, ${at}`}: ${act}`),
      waiting === 0 ? undefined : `${waiting} wait in your inbox.`,
      changed.length === 0 ? 'Nothing else changed.' : 'Changed:',
      ...changed.map(({ kind, count, newest }) => `- ${count} ${kind}: ${newest.join('; ')}`),
      note,
      `Next time: digest {"since":"${cursor}"}`,
    )
    return { structured: { cursor, waiting, needs, needsYou, changed, ...given({ note }) }, text }
  },
})

/** The tool that deals with each kind. */
const ACTS: Readonly<Record<Need['kind'], string>> = {
  card: 'decisions',
  owed: 'reply',
  ended: 'thread',
  breached: 'watchdog',
  review: 'review',
  dead: 'trace',
  parked: 'release_pair',
}
const TIMES: Partial<Record<Need['kind'], string>> = { owed: 'due', parked: 'until' }

function viewNeed({ kind, id, peers, says, at }: Need): z.output<typeof NeedShape> {
  const act = id?.startsWith('fan_') ? 'wait' : ACTS[kind]
  const time = at === null ? {} : { at: `${TIMES[kind] ?? 'since'} ${minuteOf(at)}` }
  return { kind, id: id ?? peers.map(({ id }: PeerRef) => id).join(' '), says: words(says, MAX_SAYS_CHARS), ...time, act }
}

function viewChange({ kind, count, newest }: Change): z.output<typeof ChangeShape> {
  const shown = newest.map(({ id, says }) =>
    says === '' ? id : kind === 'opened' || kind === 'closed' ? `${id} ${words(says, MAX_NEWEST_CHARS)}` : words(says, MAX_NEWEST_CHARS),
  )
  return { kind: kind.replace('_', ' '), count, newest: shown }
}
