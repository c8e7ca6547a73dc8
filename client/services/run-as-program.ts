import { type Duty, runService } from './run-service.ts'

type Env = Readonly<Record<string, string | undefined>>

/** What is still open when it is to end has this long. */
const END_MS = 1_000

/** This process is a service: it does its work until the daemon wants it to end, or has gone. @param client what it calls itself */
export async function runAsProgram(client: string, work: (duty: Duty, env: Env) => Promise<void>): Promise<void> {
  const over = new AbortController()
  // SIGINT is of the terminal, in which the daemon decides.
  process.on('SIGTERM', () => over.abort())
  process.on('SIGINT', () => undefined)
  // The daemon has gone, and nobody reads what is said any more.
  process.stdout.on('error', () => over.abort())
  try {
    const { stdin, stdout, env } = process
    await runService({ stdin, stdout, signal: over.signal, onEnding }, client, (duty) => work(duty, env))
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`)
    process.exitCode = 1
  }
  onEnding()
}

/** Whatever it is that does not close. */
function onEnding(): void {
  process.stdin.destroy()
  setTimeout(() => process.exit(), END_MS).unref()
}
