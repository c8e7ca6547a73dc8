import type { Readable, Writable } from 'node:stream'
import { connectWith } from '../connect.ts'
import { nodePlatform } from '../node-platform.ts'
import type { MusterPeer } from '../peer.ts'
import { givenToken } from '../tokens.ts'
import { readFirstLine } from './first-line.ts'

/** How one part of a service's work goes; `says` holds none of the words of others. */
export interface Part {
  readonly name: string
  readonly state: 'ok' | 'waiting' | 'failing'
  readonly says: string
  readonly at: string
}

/** What a service tells the daemon besides what it does as a peer. */
export interface Report {
  /** It is connected and knows what to do. */
  readonly ready: () => void
  /** How its work goes, all parts of it. */
  readonly parts: (parts: readonly Part[]) => void
  /** A line for the daemon's log. */
  readonly log: (level: 'info' | 'warn' | 'error', says: string) => void
}

/** A service at work. */
export interface Duty {
  readonly peer: MusterPeer
  /** What the daemon's settings give it to do. */
  readonly settings: unknown
  readonly report: Report
  /** Aborts when it is to end: the daemon says so, or has gone. */
  readonly signal: AbortSignal
}

export interface ServiceProcess {
  /** Its first line says what to do, and it is open for as long as the daemon lives. */
  readonly stdin: Readable
  readonly stdout: Writable
  /** Aborts when the process is told to end. */
  readonly signal: AbortSignal
  /** Called as soon as it is to end, however it comes to that: the process must not wait for long for what is still open. */
  readonly onEnding: () => void
}

interface Hello {
  readonly url: string
  readonly token: string
  readonly settings: unknown
}

/**
 * Runs a service that the daemon has started: takes its address, its credential and its settings from standard input, connects as
 * its peer and works until the daemon wants it to end, or is gone. It never outlives the daemon.
 *
 * @throws Error where it cannot go on: the daemon does not accept it any more
 */
export async function runService({ stdin, stdout, signal, onEnding }: ServiceProcess, client: string, work: (duty: Duty) => Promise<void>): Promise<void> {
  const over = new AbortController()
  over.signal.addEventListener('abort', onEnding, { once: true })
  signal.addEventListener('abort', () => over.abort(), { once: true })
  const line = await readFirstLine(stdin, () => over.abort())
  if (line === undefined || over.signal.aborted) return
  const { url, token, settings } = JSON.parse(line) as Hello
  const options = { url, consume: false, client, timeoutMs: Number.POSITIVE_INFINITY, signal: over.signal }
  const peer = await connectWith(options, { platform: nodePlatform, url: () => url, credentials: () => givenToken(token) }).catch((error: unknown) => {
    if (!over.signal.aborted) throw error
  })
  if (!peer) return
  let lost: Error | undefined
  peer.on('status', (status) => {
    if (status.state !== 'closed' || over.signal.aborted) return
    lost = status.error ?? new Error('The connection was closed.')
    over.abort()
  })
  try {
    await work({ peer, settings, report: reportTo(stdout), signal: over.signal })
  } finally {
    over.abort()
    await peer.close()
  }
  if (lost) throw lost
}

function reportTo(stdout: Writable): Report {
  const write = (line: object): void => void stdout.write(`${JSON.stringify(line)}\n`)
  return { ready: () => write({ ready: true }), parts: (parts) => write({ parts }), log: (level, says) => write({ level, says }) }
}
