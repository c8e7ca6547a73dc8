import { realpathSync, statSync } from 'node:fs'
import { resolve } from 'node:path'
import { codex } from '../../agents/codex.ts'
import { openDoor } from '../../agents/door.ts'
import { musterCommand } from '../../agents/install/muster-command.ts'
import { findProgram } from '../../agents/install/programs.ts'
import { ClientError } from '../../client-error.ts'
import { lookAtProcess } from '../../local/process-tree.ts'
import { NoSuchThread } from '../../runner/codex-host.ts'
import { CodexRunner, ThreadTaken } from '../../runner/codex-runner.ts'
import { musterTools } from '../../runner/codex-settings.ts'
import { eventText, type RunnerEvent } from '../../runner/report.ts'
import { notRunning } from '../address.ts'
import { expectWords } from '../arguments.ts'
import type { Command, Invocation } from '../command.ts'
import { EXIT } from '../exit-codes.ts'
import { CliError, usageError } from '../failure.ts'
import type { Output } from '../output.ts'
import { clip, safeLine } from '../text.ts'
import { cliVersion } from '../version.ts'
import { clockTime } from '../when.ts'

const MAX_SAID_CHARS = 400

export const command: Command = {
  usage: ['run codex [--cwd <folder>] [--resume <thread>] [-- <first prompt>]'],
  about: [
    'Runs a session of Codex without a terminal of its own, as a peer: what others send it begins a turn where it is idle, and what is urgent',
    'joins the turn that runs. Nothing has to be installed in Codex. It prints a line for each thing that happens, until Ctrl-C. What Codex',
    'asks to be allowed is refused, since no person is there; what it may do without asking, its own configuration says.',
  ],
  flags: {
    cwd: { type: 'string', value: 'folder', summary: 'The folder in which it works (this one)' },
    resume: { type: 'string', value: 'thread', summary: 'Go on with this thread, or with "last", the newest of the folder' },
  },
  examples: [
    ['muster run codex', 'a session in this folder that waits for what it is asked'],
    ['muster run codex --cwd ~/api --as api -- "Read the code and wait."', 'another folder, a name, and a first prompt'],
    ['muster run codex --resume last', 'go on where it was'],
  ],
  run: runAgent,
}

async function runAgent(invocation: Invocation): Promise<number> {
  const { flags, words, out, environment } = invocation
  expectWords(words, ['runtime', 'prompt?'], 'run codex [flags] [-- <first prompt>]')
  if (words[0] !== codex.shortName)
    throw usageError(`muster run cannot drive "${words[0]}"`, 'Expected codex: the one runtime so far that Muster can run by itself.')
  const cwd = folderOf(invocation)
  const { paths, interrupted, now } = environment
  const as = flags.text('as')
  const env = { ...environment.env, ...(as !== undefined && { MUSTER_AS: as }), ...(flags.text('url') !== undefined && { MUSTER_URL: flags.text('url') }) }
  const door = openDoor(env, paths)
  expectDaemon(door)
  const program = findProgram('codex', env)
  if (program === undefined) throw new CliError('runtime_not_found', 'there is no codex on the PATH', { hint: 'Install Codex, then again.' })
  const self = lookAtProcess(process.pid)
  if (!self) throw new CliError('runtime_failed', 'this system does not show its processes')
  const options = { door, env, cwd, command: [program], settings: musterTools(musterCommand(env)), self, version: cliVersion(), stop: interrupted() }
  const onEvent = (event: RunnerEvent): void => print(out, event, now())
  try {
    await CodexRunner.run({ ...options, resume: flags.text('resume'), prompt: words[1], onEvent })
    return EXIT.ok
  } catch (error) {
    throw asCliError(error)
  } finally {
    environment.endSoon?.()
  }
}

/** @throws CliError `usage` where it is none */
function folderOf({ flags, environment }: Invocation): string {
  const folder = resolve(environment.cwd(), flags.text('cwd') ?? '.')
  if (!statSync(folder, { throwIfNoEntry: false })?.isDirectory()) throw usageError(`${folder} is no folder`, 'Expected the folder in which the session works.')
  return realpathSync(folder)
}

/** A session that begins waits for a daemon that has gone, but somebody has to start the first one. */
function expectDaemon(door: ReturnType<typeof openDoor>): void {
  try {
    door.url()
  } catch (error) {
    throw error instanceof ClientError ? notRunning() : error
  }
}

function print(out: Output, event: RunnerEvent, nowMs: number): void {
  if (out.json) out.document({ at: new Date(nowMs).toISOString(), ...event })
  else out.line(`${out.dim(clockTime(nowMs, nowMs))}  ${clip(safeLine(eventText(event)), MAX_SAID_CHARS)}`)
}

function asCliError(error: unknown): unknown {
  if (error instanceof NoSuchThread) return new CliError('runtime_failed', error.message, { hint: 'Without --resume another thread begins.', cause: error })
  if (error instanceof ThreadTaken) return new CliError('runtime_failed', error.message, { hint: 'End that one first.', cause: error })
  if (error instanceof ClientError) return error.code === 'closed' && error.cause instanceof Error ? error.cause : error
  return error instanceof Error && error.name === 'Error' ? new CliError('runtime_failed', error.message, { cause: error }) : error
}
