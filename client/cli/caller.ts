import type { Hello, NotificationName, NotificationParams } from '../../src/contract/index.ts'
import { PROTOCOL } from '../../src/rpc.ts'
import type { FileDoor } from '../attachments.ts'
import { type Call, createCall, createKeys } from '../calls.ts'
import { ClientError } from '../client-error.ts'
import { systemClock, systemRandom } from '../clock.ts'
import type { Credentials } from '../credentials.ts'
import { Link } from '../link.ts'
import { Requests } from '../requests.ts'
import { openWsTransport } from '../ws-transport.ts'
import { notRunning } from './address.ts'
import { CliError } from './failure.ts'
import { cliVersion } from './version.ts'

/** A lean connection: it calls operations and consumes nothing. */
export interface Caller {
  readonly hello: Hello
  readonly call: Call
  /** What the SDK's own parts, such as its event streams, are built on. */
  readonly requests: Requests
  /** Where files go and come from, as the same caller. */
  files: () => Promise<FileDoor>
  close: () => Promise<void>
}

export interface CallerOptions {
  readonly url: () => Promise<string>
  readonly local: boolean
  readonly credentials: Credentials
  /** How long a lost connection is sought again. @default 0, for commands that are repeated as easily */
  readonly patienceMs?: number
  /** After each handshake, also those that follow a lost connection. */
  readonly onOnline?: (hello: Hello) => void
  readonly onNotification?: <N extends NotificationName>(method: N, params: NotificationParams<N>) => void
  /** The connection was given up after `open` had resolved. */
  readonly onLost?: (error: unknown) => void
}

const CALL_TIMEOUT_MS = 30_000

/**
 * Connects and says hello.
 *
 * @throws CliError `not_running` where nobody answers
 */
export function connectCaller(options: CallerOptions): Promise<Caller> {
  const requests = new Requests(systemClock, systemRandom)
  const call = translated(createCall(requests, CALL_TIMEOUT_MS, createKeys(systemRandom)), options.local)
  return new Promise((resolve, reject) => {
    let stopPatience: (() => void) | undefined
    let wasOnline = false
    // Not from within the report of a status: the link still arms its next try after it.
    const giveUp = (error: Error): void => queueMicrotask(() => void link.close(error))
    const link = new Link(
      {
        open: openWsTransport,
        clock: systemClock,
        random: systemRandom,
        url: options.url,
        credentials: options.credentials,
        hello: { protocol: PROTOCOL, client: `muster-cli/${cliVersion()}` },
        requests,
      },
      {
        onOnline(hello) {
          wasOnline = true
          stopPatience?.()
          stopPatience = undefined
          options.onOnline?.(hello)
          resolve({ hello, call, requests, files: () => doorOf(options), close: () => link.close() })
        },
        onNotification: (method, params) => options.onNotification?.(method, params),
        onStatus(status) {
          if (status.state !== 'waiting') return
          // A daemon that was never there is not waited for: somebody has to start it.
          if (!wasOnline || !options.patienceMs) giveUp(status.error)
          else stopPatience ??= systemClock.setTimer(() => giveUp(link.lastError ?? status.error), options.patienceMs)
        },
        onClosed(reason) {
          stopPatience?.()
          const failure = translate(reason, options.local)
          reject(failure)
          if (reason.cause !== undefined) options.onLost?.(failure)
        },
      },
    )
    link.start()
  })
}

async function doorOf({ url, credentials }: CallerOptions): Promise<FileDoor> {
  const { filesUrl } = await import('../attachments.ts')
  return { url: filesUrl(await url()), token: await credentials.current() }
}

function translated(call: Call, local: boolean): Call {
  return async (name, input, bounds) => {
    try {
      return await call(name, input, bounds)
    } catch (error) {
      throw translate(error, local)
    }
  }
}

/** The SDK's own errors in the words of a command line. */
export function translate(error: unknown, local: boolean): unknown {
  // Who gave a signal knows what its firing means.
  if (!(error instanceof ClientError) || error.code === 'aborted') return error
  if (error.code === 'closed' && error.cause instanceof Error) return translate(error.cause, local)
  if (error.code === 'timeout') {
    return new CliError('timeout', 'the daemon did not answer in time', {
      hint: 'What was asked for may still happen; muster status says how it is.',
      cause: error,
    })
  }
  if (local && isRefusedConnection(error.cause)) return notRunning()
  const hint = local ? 'muster status says how it is; muster up starts it.' : 'Check the address and the network.'
  return new CliError('disconnected', `the daemon cannot be reached: ${reasonOf(error)}`, { hint, cause: error })
}

/** Nobody listens where daemon.json says that the daemon is. */
function isRefusedConnection(cause: unknown): boolean {
  return cause instanceof Error && 'code' in cause && cause.code === 'ECONNREFUSED'
}

function reasonOf(error: ClientError): string {
  return error.cause instanceof Error && error.cause.message ? error.cause.message : error.message
}
