/** The SDK for browsers. */
import { noCauses } from './causes.ts'
import { systemClock, systemRandom } from './clock.ts'
import { type ConnectOptions, connectWith } from './connect.ts'
import type { MusterPeer } from './peer.ts'
import { givenToken } from './tokens.ts'
import { browserTransport } from './transport.ts'

export type { Event, Input, Message, OperationName, Output, PeerRef, Sent } from '../src/contract/index.ts'
export { type ErrorCode, MusterError } from '../src/muster-error.ts'
export type { AskHandle } from './asks.ts'
export type { Bounds } from './bounded.ts'
export { AskError, type AskErrorCode, ClientError, type ClientErrorCode } from './client-error.ts'
export type { Clock, Random } from './clock.ts'
export type { ConnectOptions } from './connect.ts'
export type { EventOptions } from './events.ts'
export type { FanHandle, FanResult, OpenFan } from './fans.ts'
export { Answer, type AskHandler, type AskResult, type Handlers, LATER, type MessageContext, type MessageHandler } from './handlers.ts'
export type { Status } from './link.ts'
export type { MusterPeer, PeerEvents, Platform, WaitOptions } from './peer.ts'
export type { PipeStage, PipeStart } from './pipe.ts'
export type { AskOptions, AskOutcome, BroadcastOptions, Cast, FanOptions, NotifyOptions, Speaker } from './speaker.ts'
export type { OpenTransport, Transport, TransportEnd, TransportListener } from './transport.ts'
export { connect }

/**
 * Connects as a peer of the daemon at `url`, by default the one that served the page, with the peer's own `token`. A browser
 * registers nobody: a page that held an enrolment token would hand it to whoever reads the page. It does not say either why
 * it could not connect, so a refused token looks like a daemon that is not there.
 *
 * @throws ClientError `disconnected` when no connection could be made in time
 */
async function connect(options: ConnectOptions): Promise<MusterPeer> {
  return connectWith(options, {
    platform: { open: browserTransport(), clock: systemClock, random: systemRandom, causes: noCauses },
    url: () => (globalThis as unknown as { readonly location: { readonly origin: string } }).location.origin,
    credentials: () => givenToken(options.token),
  })
}
