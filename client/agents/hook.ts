import type { Boundary, Input, OperationName, Output } from '../../src/contract/index.ts'
import { MusterError } from '../../src/errors.ts'
import { shownMessages } from '../../src/tools/envelope.ts'
import type { LookAtProcess, ProcessInfo } from '../local/process-tree.ts'
import { callOnce } from '../one-call.ts'
import { findAgent } from './agent-process.ts'
import { passBoundary, type Speak } from './boundary.ts'
import { isClaimed } from './claims.ts'
import type { Door, Env } from './door.ts'
import { type HookAnswer, type HookCall, type HookEvent, NO_ANSWER, type RuntimeDriver } from './driver.ts'
import { asSessionId, keyOfCall } from './identity.ts'
import { mailText } from './mail.ts'
import { SessionMemory } from './memory.ts'
import { forgetPlace, recordPlace, sweepPlaces } from './places.ts'
import { AgentSession } from './session.ts'
import { sessionFiles } from './session-files.ts'

export interface HookOptions {
  readonly driver: RuntimeDriver
  readonly event: HookEvent
  /** What the runtime wrote to the hook's standard input. */
  readonly input: Readonly<Record<string, unknown>>
  readonly door: Door
  readonly env: Env
  readonly cwd: string
  /** The process that started the hook. */
  readonly parentPid: number
  readonly look: LookAtProcess
  readonly client: string
}

/** How long the end of a turn waits for the transcript to show what the turn was given. Claude Code is up to 100 ms behind. */
const TRANSCRIPT_MS = 1_000
/**
 * So many times in a row mail keeps a turn going that was about to end. Runtimes stop obeying after some (Claude Code after
 * eight); what comes then wakes the session as if it were idle, which it soon is.
 */
const MAX_CONTINUED = 5

const AT: Readonly<Record<Exclude<HookEvent, 'idle'>, Boundary>> = {
  start: 'start',
  prompt: 'prompt',
  tool: 'tool',
  stop: 'stop',
  permission: 'permission',
  end: 'end',
}

/**
 * One run of a hook: tells the daemon where the session stands and what its transcript proves, and answers with the mail that
 * this moment may carry. It never decides anything for the runtime, least of all a permission.
 */
export async function runHook(options: HookOptions): Promise<HookAnswer> {
  const { driver, event, input, door, env, cwd, parentPid, look, client } = options
  const call = driver.readHook(event, input)
  if (call.isOfSubagent || call.isIrrelevant) return NO_ANSWER
  const agent = findAgent(driver, parentPid, look)
  const key = keyOfCall(door, driver, env, call, agent)
  if (key === undefined) return NO_ANSWER
  // The runner tells all that a hook would, and shows the mail.
  if (isClaimed(sessionFiles(door, driver.name, key).runner)) return NO_ANSWER
  const folder = call.cwd ?? cwd
  const session = new AgentSession({ door, driver, key, env, cwd: folder, agent, client })
  // Some fire without a session: `claude mcp list` ends one that never began.
  if (event !== 'start' && event !== 'prompt' && !session.isKnown) return NO_ANSWER
  if (agent) notePlace(options, agent, { id: asSessionId(call.sessionId) ?? key, key, cwd: folder })
  if (event === 'start' || event === 'prompt') session.begins()
  const speak = speaker(session)
  if (event === 'idle') {
    await speak('peers.describe', { turn: 'idle' })
    return NO_ANSWER
  }
  const memory = new SessionMemory(session.files, call.transcript, driver.isProof)
  const answer = await report(options, call, { session, memory, speak })
  if (event === 'end') session.ends()
  return answer
}

interface Standing {
  readonly session: AgentSession
  readonly memory: SessionMemory
  readonly speak: Speak
}

async function report({ driver, event }: HookOptions, call: HookCall, { session, memory, speak }: Standing): Promise<HookAnswer> {
  const at = AT[event as keyof typeof AT]
  if (at === 'stop') await memory.lookWithin(TRANSCRIPT_MS)
  const seen = [...call.seen, ...(at === 'prompt' ? shownMessages(call.prompt) : [])]
  const passing = { files: session.files, memory, speak, seen }
  // Tool calls between two stops do not end the row, and neither does a prompt: Gemini gives the reason of a stop as one.
  const continued = at === 'stop' && call.isContinued ? memory.continued : 0
  if (continued >= MAX_CONTINUED) {
    // In two steps, since a `stop` would hand over: first what was seen, then that the turn is over.
    await passBoundary('permission', passing)
    await speak('peers.describe', { turn: 'idle' })
    memory.turnEnded()
    memory.save()
    return NO_ANSWER
  }
  const handed = await passBoundary(at, passing)
  if (at === 'stop') {
    memory.continued = handed.items.length > 0 ? continued + 1 : 0
    memory.save()
  }
  const text = mailText(handed)
  return text === '' ? NO_ANSWER : driver.writeHook(event, text)
}

/** The bridge of the same process learns from this which session it serves. */
function notePlace({ event, door, env }: HookOptions, agent: ProcessInfo, place: { readonly id: string; readonly key: string; readonly cwd: string }): void {
  if (event === 'end') forgetPlace(door, agent, place.id)
  if (event !== 'start' && event !== 'prompt') return
  if (event === 'start') sweepPlaces(door)
  recordPlace(door, agent, { ...place, home: env['CODEX_HOME'] || undefined })
}

/** Calls operations as the session, with a credential that may have to be minted first or anew. */
function speaker(session: AgentSession): Speak {
  return async <N extends OperationName>(name: N, input: Input<N>): Promise<Output<N>> => {
    try {
      return await callOnce(session.connection(await session.current()), name, input)
    } catch (error) {
      if (!(error instanceof MusterError) || error.code !== 'unauthenticated') throw error
      await session.renew()
      return await callOnce(session.connection(await session.current()), name, input)
    }
  }
}
