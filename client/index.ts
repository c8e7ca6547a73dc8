/** The SDK for Node. */
import { connectWith } from './connect.ts'
import { type JoinOptions, joiningTokens } from './join.ts'
import { nodeDefaults } from './node-defaults.ts'
import { nodePlatform } from './node-platform.ts'
import type { MusterPeer } from './peer.ts'

export type { Artifact, Attachment, Event, Input, Message, OperationName, Output, PeerRef, Sent } from '../src/contract/index.ts'
export { type ErrorCode, MusterError } from '../src/errors.ts'
export type { AskHandle } from './asks.ts'
export type { FileSource, Opened } from './attachments.ts'
export type { Bounds } from './bounded.ts'
export { AskError, type AskErrorCode, ClientError, type ClientErrorCode } from './client-error.ts'
export type { Clock, Random } from './clock.ts'
export type { ConnectOptions } from './connect.ts'
export type { CredentialStore } from './credentials.ts'
export type { EventOptions } from './events.ts'
export type { FanHandle, FanResult, OpenFan } from './fans.ts'
export { Answer, type AskHandler, type AskResult, type Handlers, LATER, type MessageContext, type MessageHandler } from './handlers.ts'
export type { JoinOptions } from './join.ts'
export type { Status } from './link.ts'
export { fileCredentials } from './node-defaults.ts'
export type { MusterPeer, PeerEvents, Platform, WaitOptions } from './peer.ts'
export { PipeError, type PipeStage, type PipeStart } from './pipe.ts'
export type { AskOptions, AskOutcome, Attached, BroadcastOptions, Cast, FanOptions, NotifyOptions, ScheduleOptions, Speaker } from './speaker.ts'
export type { OpenTransport, Transport, TransportEnd, TransportListener } from './transport.ts'
export { connect }

/**
 * Joins or resumes as a peer of the daemon on this machine, or of the one at `url` or `MUSTER_URL`.
 *
 * The first join registers with the enrolment token (`enrolment`, `MUSTER_TOKEN`, or the file of the daemon on this machine)
 * and keeps the credential in the state folder; later ones resume with it. `name` may come from `MUSTER_AS`. Tokens from the
 * files of one daemon are never sent to another.
 *
 * @throws MusterError `unauthenticated` when the daemon accepts no credential, naming the file it was read from
 * @throws ClientError `disconnected` when the daemon cannot be reached in time
 */
async function connect(options: JoinOptions = {}): Promise<MusterPeer> {
  const defaults = await nodeDefaults(options)
  const joining: JoinOptions = { ...defaults.options, ...options }
  return connectWith(
    { ...joining, consume: options.consume ?? options.mode !== 'pull' },
    {
      platform: nodePlatform,
      url: defaults.url,
      credentials: (session) => joiningTokens(joining, defaults.enrolment, session),
    },
  )
}
