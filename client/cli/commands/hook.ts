import { join } from 'node:path'
import { noteAnswered } from '../../agents/answered.ts'
import { openDoor } from '../../agents/door.ts'
import { HOOK_EVENTS, type HookAnswer, type HookEvent, NO_ANSWER, type RuntimeDriver } from '../../agents/driver.ts'
import { findDriver, runtimeNames } from '../../agents/drivers.ts'
import { runHook } from '../../agents/hook.ts'
import { readHookInput } from '../../agents/read-input.ts'
import { logLine, sessionsFolder } from '../../agents/session-files.ts'
import { ClientError } from '../../client-error.ts'
import { lookAtProcess } from '../../local/process-tree.ts'
import { expectWords } from '../arguments.ts'
import type { Command, Invocation } from '../command.ts'
import type { Environment } from '../environment.ts'
import { usageError } from '../failure.ts'
import { cliVersion } from '../version.ts'

/** From the start of the process until it has ended. A person waits for each tool call. */
const BUDGET_MS = { tool: 2_000, other: 5_000 } as const
/** Of the budget: writing the answer and ending. */
const FAREWELL_MS = 400

export const command: Command = {
  usage: ['hook <runtime> <event> [--cards]'],
  about: [
    'What the hooks of an agent program call: reads the JSON of the hook on stdin, tells the daemon where the session stands, and answers',
    `in the form of the runtime with the mail that waits. Runtimes: ${runtimeNames().join(', ')}. Events: ${HOOK_EVENTS.join(', ')}.`,
    'It takes at most 2 s between tools and 5 s elsewhere. Where the daemon is down, slow or broken it prints nothing and ends with 0:',
    'the work of the person goes on. It answers a request for permission only with --cards, which muster install --permission-cards writes:',
    'then it puts the request to people as a card, and waits for as long as the runtime lets it.',
  ],
  flags: { cards: { type: 'boolean', summary: 'At permission: ask people, and answer as a person decides' } },
  examples: [
    ['muster hook claude start', 'the session begins'],
    ['muster hook codex stop', 'the turn is about to end'],
  ],
  run: hook,
}

async function hook({ words, flags, environment }: Invocation): Promise<number> {
  expectWords(words, ['runtime', 'event'], 'hook <runtime> <event>')
  const driver = driverOf(words[0] ?? '')
  const event = eventOf(words[1] ?? '')
  // performance.now() counts from the start of the process, which the budget does, too.
  const leftMs = (event === 'tool' ? BUDGET_MS.tool : BUDGET_MS.other) - FAREWELL_MS - performance.now()
  const isCard = flags.on('cards') && event === 'permission' && driver.dialog !== undefined
  const answer = isCard
    ? await within(leftMs + driver.dialog.patienceSec * 1_000, (signal) => run(driver, event, environment, signal))
    : await within(leftMs, () => run(driver, event, environment))
  if (answer.stdout !== '') environment.stdout.write(answer.stdout)
  if (answer.stderr !== '') environment.stderr.write(answer.stderr)
  // A daemon that hangs does not answer the closing of its connection either.
  environment.endSoon?.()
  return answer.exit
}

/** @param signal for what asks people; without it nobody is asked */
async function run(driver: RuntimeDriver, event: HookEvent, environment: Environment, signal?: AbortSignal): Promise<HookAnswer> {
  const { env, paths, stdin, cwd, parentPid, now } = environment
  const door = openDoor(env, paths)
  try {
    const input = await readHookInput(stdin)
    const client = `muster-hook/${cliVersion()}`
    const options = { driver, event, input, door, env, cwd: cwd(), parentPid: parentPid(), look: lookAtProcess, client }
    noteAnswered(options)
    const answer = await runHook(options)
    if (!signal) return answer
    // A lasting connection is more than any other hook loads.
    const { askPeople } = await import('../../agents/permission.ts')
    return await askPeople(options, signal)
  } catch (error) {
    // A daemon that is down is told by muster status; anything else is told nowhere but here.
    const isDown = error instanceof ClientError && error.code === 'disconnected'
    if (!isDown) logLine(join(sessionsFolder(door), 'hooks.log'), `${driver.name} ${event}: ${error}`, new Date(now()))
    return NO_ANSWER
  }
}

async function within(ms: number, work: (signal: AbortSignal) => Promise<HookAnswer>): Promise<HookAnswer> {
  let timer: NodeJS.Timeout | undefined
  const over = new AbortController()
  const late = new Promise<HookAnswer>((resolve) => {
    timer = setTimeout(() => resolve(NO_ANSWER), Math.max(0, ms))
  })
  return await Promise.race([work(over.signal), late]).finally(() => {
    clearTimeout(timer)
    over.abort()
  })
}

export function driverOf(name: string): RuntimeDriver {
  const driver = findDriver(name)
  if (!driver) throw usageError(`there is no runtime "${name}"`, `Expected one of: ${runtimeNames().join(', ')}.`)
  return driver
}

function eventOf(word: string): HookEvent {
  const event = HOOK_EVENTS.find((known) => known === word)
  if (!event) throw usageError(`there is no event "${word}"`, `Expected one of: ${HOOK_EVENTS.join(', ')}.`)
  return event
}
