import { removeStaleDaemonFile } from '../../local/daemon-file.ts'
import { isRunning } from '../../local/process-facts.ts'
import { expectWords } from '../arguments.ts'
import type { Command, Invocation } from '../command.ts'
import { findDaemon } from '../daemon-search.ts'
import { EXIT } from '../exit-codes.ts'
import { CliError } from '../failure.ts'
import { poll } from '../poll.ts'

/** The daemon drains for up to 10 s (LIMITS.drainMs) and then closes its database. */
const GONE_WITHIN_MS = 30_000

export const command: Command = {
  usage: ['down'],
  about: [
    'Asks the daemon to stop in an orderly way and returns when it is gone. Nothing accepted is lost; peers come back by themselves',
    'when it runs again. The process is stopped only after its /health has proved that it is this daemon.',
  ],
  flags: { timeout: { type: 'string', value: 'duration', summary: 'How long to wait until it is gone (30s)' } },
  examples: [
    ['muster down', 'stop it'],
    ['muster down && muster up', 'start it anew'],
  ],
  run: down,
}

async function down({ flags, words, out, environment }: Invocation): Promise<number> {
  expectWords(words, [], 'down')
  const timeoutMs = flags.duration('timeout') ?? GONE_WITHIN_MS
  const { paths } = environment
  const found = await findDaemon(paths)
  if (found.kind === 'silent') {
    throw new CliError('daemon_silent', `pid ${found.file.pid} does not answer at ${found.file.url}, so nothing proves that it is the daemon`, {
      hint: `Where you know that it is: kill ${found.file.pid}`,
    })
  }
  if (found.kind === 'stale') removeStaleDaemonFile(paths, found.file.pid)
  if (found.kind !== 'running') {
    if (out.json) out.document({ state: 'not_running', pid: null })
    else out.line('The daemon is not running.')
    return EXIT.ok
  }
  const { pid } = found.file
  await stop(pid, timeoutMs)
  removeStaleDaemonFile(paths, pid)
  if (out.json) out.document({ state: 'stopped', pid })
  else out.line(`The daemon (pid ${pid}) has stopped.`)
  return EXIT.ok
}

async function stop(pid: number, timeoutMs: number): Promise<void> {
  try {
    process.kill(pid, 'SIGTERM')
  } catch (cause) {
    const code = (cause as NodeJS.ErrnoException).code
    if (code === 'ESRCH') return
    if (code === 'EPERM') throw new CliError('not_yours', `pid ${pid} belongs to another user`, { hint: 'Stop it as that user.', cause })
    throw cause
  }
  const gone = await poll(() => (isRunning(pid) ? undefined : true), timeoutMs)
  if (!gone) throw new CliError('still_stopping', `the daemon (pid ${pid}) is still stopping`, { hint: 'muster logs shows what it waits for.' })
}
