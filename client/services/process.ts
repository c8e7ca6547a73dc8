import { type Duty, runService } from './run-service.ts'

/** What is still open when it is to end has this long. */
const END_MS = 1_000

/** Runs a service as a whole process, which the daemon has started. */
export async function runAsProcess(own: NodeJS.Process, client: string, work: (duty: Duty) => Promise<void>): Promise<void> {
  const over = new AbortController()
  /** Whatever it is that does not close. */
  const onEnding = (): void => {
    own.stdin.destroy()
    setTimeout(() => own.exit(), END_MS).unref()
  }
  // SIGINT is of the terminal, in which the daemon decides.
  own.on('SIGTERM', () => over.abort())
  own.on('SIGINT', () => undefined)
  // The daemon has gone, and nobody reads what is said any more.
  own.stdout.on('error', () => over.abort())
  try {
    const { stdin, stdout } = own
    await runService({ stdin, stdout, signal: over.signal, onEnding }, client, work)
  } catch (error) {
    own.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`)
    own.exitCode = 1
  }
  onEnding()
}
