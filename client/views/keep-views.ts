import * as z from 'zod'
import type { Event } from '../../src/contract/index.ts'
import { MusterError } from '../../src/errors.ts'
import type { Duty } from '../services/run-service.ts'
import { View } from './view.ts'

const Settings = z.object({ files: z.array(z.object({ circle: z.string(), path: z.string() })) })
/** What may change a board, and who could be told of notes. */
const TYPES = ['thread', 'message', 'mailbox', 'decision', 'peer', 'orchestrator', 'circle']

/** Keeps the dashboard files that are configured, until the signal aborts. */
export async function keepViews({ peer, settings, report, signal }: Duty): Promise<void> {
  const { files } = Settings.parse(settings)
  const onState = (): void => report.parts(views.map(({ view }) => view.part))
  const log = (says: string): void => report.log('warn', says)
  const views = files.map(({ circle, path }) => ({ circle, view: new View({ peer, circle, path, onState, log }) }))
  const wantAll = (): void => {
    for (const { view } of views) view.want()
  }
  const onEvent = (event: Event): void => {
    for (const { circle, view } of views) {
      if (event.circle !== circle) continue
      view.want()
      if (/^(orchestrator|peer)\./.test(event.type)) view.retryNotes()
    }
  }
  const off = peer.on('status', ({ state }) => void (state === 'online' && wantAll()))
  try {
    report.ready()
    while (!signal.aborted) await follow({ peer, signal, onEvent, onBegun: wantAll })
  } finally {
    off()
    await Promise.all(views.map(({ view }) => view.end()))
  }
}

interface Following extends Pick<Duty, 'peer' | 'signal'> {
  readonly onEvent: (event: Event) => void
  readonly onBegun: () => void
}

/** Resolves where the log cannot be followed from where it was: it was cut, or is another one since a restore. */
async function follow({ peer, signal, onEvent, onBegun }: Following): Promise<void> {
  const events = peer.events({ types: TYPES, signal })
  // Subscribed first, looked then: nothing falls between.
  const first = events.next()
  onBegun()
  try {
    const { done, value } = await first
    if (done) return
    onEvent(value)
    for await (const event of events) onEvent(event)
  } catch (error) {
    if (!(error instanceof MusterError) || error.code !== 'cursor_expired') throw error
  }
}
