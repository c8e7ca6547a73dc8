import type { Fan, FanOutcome, Output as Result } from '../../src/contract/index.ts'
import { type AwaitOptions, ackShown, EXIT_OF_STATE, endingOf, type Waited, waitOnce } from './ask-outcome.ts'
import { EXIT } from './exit-codes.ts'
import { CliError } from './failure.ts'
import type { PeerCaller } from './open-caller.ts'
import type { Output } from './output.ts'
import { noteRefused } from './sending.ts'
import { peerName } from './show.ts'
import { safeLine, safeText } from './text.ts'

/** A fan as it is, and why the waiting for it ended. */
export interface FanAwaited extends Pick<Result<'fans.get'>, 'fan' | 'outcomes' | 'refused'> {
  readonly waited: Waited
}

const PAGE = 200

/** Waits until a fan has ended, and says on stderr how far it is. It consumes nothing. */
export async function awaitFan(
  out: Output,
  caller: PeerCaller,
  id: string,
  { timeoutMs, signal }: Pick<AwaitOptions, 'timeoutMs' | 'signal'>,
): Promise<FanAwaited> {
  const endAt = performance.now() + (timeoutMs ?? Number.POSITIVE_INFINITY)
  for (let ended = 0; ; ) {
    const input = (timeout: string) => ({ fan: id, ended, timeout })
    const seen = await waitOnce((timeout, bounds) => caller.call('fans.wait', input(timeout), bounds), endAt - performance.now(), signal).catch(
      (error: unknown) => lost(error, id),
    )
    if (typeof seen === 'string') return { ...(await readFan(caller, id)), waited: seen }
    if (seen.fan.state !== 'open') return { ...(await readFan(caller, id)), waited: 'closed' }
    if (!seen.timedOut) out.note(progressOf(seen.fan))
    ended = endedOf(seen.fan)
  }
}

/** The whole of a fan as it is now. */
export async function readFan(caller: PeerCaller, id: string): Promise<Omit<FanAwaited, 'waited'>> {
  const { fan, refused, ...first } = await caller.call('fans.get', { fan: id, limit: PAGE })
  const outcomes = [...first.outcomes]
  for (let { after } = first; after !== null; ) {
    const page: Result<'fans.get'> = await caller.call('fans.get', { fan: id, limit: PAGE, after })
    outcomes.push(...page.outcomes)
    after = page.after
  }
  return { fan, outcomes, refused }
}

/** The answers on stdout, each under its peer's name; everything else on stderr. */
export function showFan(out: Output, { fan, outcomes, refused, waited }: FanAwaited): void {
  if (!out.json) for (const outcome of outcomes) showPart(out, outcome)
  for (const { to, state, reason } of outcomes)
    if (state !== 'answered' && state !== 'open') out.problem(`${endingOf(state, peerName(to))}${reason ? `: ${reason}` : ''}`)
  noteRefused(out, refused)
  if (fan.state !== 'open') return
  const open = outcomes.filter(({ state }) => state === 'open').map(({ to }) => peerName(to))
  const what = waited === 'interrupted' ? 'interrupted; ' : waited === 'timeout' ? 'not all in time; ' : ''
  out.problem(
    `${what}still open: ${open.join(', ')}`,
    `Look again: muster fan ${fan.id}; wait: muster result ${fan.id}; withdraw: muster fan ${fan.id} --cancel`,
  )
}

function showPart(out: Output, { to, answer }: FanOutcome): void {
  if (!answer) return
  out.line(out.bold(`${safeLine(peerName(to))}:`))
  out.body(safeText(answer.body))
}

/** 0 where all answered, or as many as were enough; otherwise the status of the first without an answer. */
export function exitOfFan({ fan, outcomes, waited }: FanAwaited): number {
  if (fan.state === 'open') return waited === 'interrupted' ? EXIT.interrupted : waited === 'timeout' ? EXIT.timeout : EXIT.ok
  if (fan.state === 'enough') return EXIT.ok
  if (fan.state === 'cancelled') return EXIT.cancelled
  if (outcomes.length === 0) return EXIT.failure
  return outcomes.map(({ state }) => (state === 'open' ? EXIT.ok : EXIT_OF_STATE[state])).find((exit) => exit !== EXIT.ok) ?? EXIT.ok
}

/** The notice of an end that was shown here. */
export async function ackNotice(out: Output, caller: PeerCaller, { notice }: Fan): Promise<void> {
  if (notice !== null) await ackShown(caller, [{ id: notice }]).catch(() => out.note('The notice could not be acked, so muster inbox will show it.'))
}

function endedOf({ counts }: Fan): number {
  return counts.answered + counts.declined + counts.cancelled + counts.expired + counts.failed
}

function progressOf(fan: Fan): string {
  return `${endedOf(fan)} of ${endedOf(fan) + fan.counts.open} have ended, ${fan.counts.answered} with an answer.`
}

/** The daemon is gone for longer than this waits. It has the fan on disk. */
function lost(error: unknown, id: string): never {
  if (!(error instanceof CliError)) throw error
  throw new CliError(error.code, `${error.message}; the fan goes on`, { hint: `Once the daemon runs again: muster result ${id}`, cause: error })
}
