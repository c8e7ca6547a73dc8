import type { Input, Output } from '../../src/contract/index.ts'
import { type CoreClient, TestCore } from './test-core.ts'

export type Handed = Output<'sessions.boundary'>
export type Watched = Output<'sessions.watch'>

/** A daemon with `a`, which sends, and `p`, an agent session that fetches. */
export async function withSession() {
  const daemon = await TestCore.start()
  return { daemon, a: daemon.join('a'), p: daemon.join('p', { mode: 'pull' }) }
}

/** One more session of the same peer: a credential of its own. */
export function anotherSession(daemon: TestCore, of: CoreClient): CoreClient & { token: string } {
  const { token } = of.call('credentials.create', {})
  return Object.assign(daemon.connect(token), { token })
}

export function tell(from: CoreClient, body: string, options: Partial<Input<'threads.notify'>> = {}): { message: string; delivery: string; thread: string } {
  const sent = from.call('threads.notify', { to: 'p', body, causedBy: null, ...options }).sent[0]
  if (!sent) throw new Error('Nothing was sent')
  return sent
}

export function ask(from: CoreClient, body: string, options: Partial<Input<'threads.ask'>> = {}): { message: string; delivery: string; thread: string } {
  const sent = from.call('threads.ask', { to: 'p', body, causedBy: null, ...options }).sent[0]
  if (!sent) throw new Error('Nothing was sent')
  return sent
}

export function at(session: CoreClient, boundary: Input<'sessions.boundary'>['at'], more: Partial<Input<'sessions.boundary'>> = {}): Handed {
  return session.call('sessions.boundary', { at: boundary, ...more })
}

export const bodies = (items: readonly { readonly message: { readonly body: string } }[]): string[] => items.map(({ message }) => message.body)

/** Begins to watch; what it comes to is read with {@link watched}. */
export function watch(session: CoreClient, timeout = '1h'): number {
  return session.post('sessions.watch', { timeout })
}

/** What a watch has come to so far. */
export function watched(session: CoreClient, id: number): Watched | undefined {
  return session.replied(id) ? (session.outcome(id) as Watched) : undefined
}
