/** The contract: every operation of the daemon, declared once. Doors, reference and tests derive from this table. */
import type * as z from 'zod'
import * as approvals from './approvals.ts'
import * as artifacts from './artifacts.ts'
import * as board from './board.ts'
import * as channels from './channels.ts'
import * as decisions from './decisions.ts'
import * as digest from './digest.ts'
import * as events from './events.ts'
import * as fans from './fans.ts'
import * as finding from './finding.ts'
import * as ingress from './ingress.ts'
import * as mailboxes from './mailboxes.ts'
import * as node from './node.ts'
import * as orchestrators from './orchestrators.ts'
import * as pairing from './pairing.ts'
import * as passphrase from './passphrase.ts'
import * as peers from './peers.ts'
import * as reviews from './reviews.ts'
import * as schedules from './schedules.ts'
import * as sessions from './sessions.ts'
import type * as tasks from './tasks.ts'
import * as threads from './threads.ts'
import type * as touched from './touched.ts'
import * as watchdogs from './watchdogs.ts'

const LIST = [
  node.pingNode,
  node.nodeStatus,
  node.nodeActivity,
  node.backUpNode,
  node.diagnoseNode,
  peers.registerPeer,
  peers.getPeer,
  peers.listPeers,
  peers.describePeer,
  peers.renamePeer,
  peers.retirePeer,
  peers.createEnrolment,
  peers.spawnEnrolment,
  peers.listEnrolments,
  peers.revokeEnrolment,
  peers.createCredential,
  peers.listCredentials,
  peers.revokeCredential,
  peers.createCircle,
  peers.listCircles,
  peers.addGrant,
  peers.removeGrant,
  peers.listGrants,
  pairing.beginPairing,
  pairing.redeemPairing,
  pairing.confirmPairing,
  pairing.cancelPairing,
  pairing.listPairings,
  pairing.listDevices,
  pairing.renameDevice,
  pairing.revokeDevice,
  pairing.proposeAction,
  pairing.approveAction,
  pairing.rejectAction,
  pairing.getAction,
  pairing.listActions,
  passphrase.setPassphrase,
  passphrase.clearPassphrase,
  passphrase.statePassphrase,
  passphrase.approveByPassphrase,
  threads.askThread,
  threads.notifyThread,
  threads.broadcastThread,
  threads.replyThread,
  threads.answerThread,
  threads.declineThread,
  threads.cancelThread,
  threads.getThread,
  threads.listThreads,
  threads.owedThreads,
  threads.waitThread,
  threads.traceMessage,
  threads.redactMessage,
  threads.listPairs,
  threads.releasePair,
  fans.openFan,
  fans.getFan,
  fans.listFans,
  fans.waitFan,
  fans.cancelFan,
  finding.searchMessages,
  finding.whyMessage,
  mailboxes.ackMailbox,
  mailboxes.nackMailbox,
  mailboxes.extendMailbox,
  mailboxes.inboxMailbox,
  mailboxes.peekMailbox,
  mailboxes.readMailbox,
  mailboxes.listDead,
  mailboxes.replayDead,
  mailboxes.discardDead,
  schedules.createSchedule,
  schedules.editSchedule,
  schedules.pauseSchedule,
  schedules.resumeSchedule,
  schedules.runSchedule,
  schedules.deleteSchedule,
  schedules.getSchedule,
  schedules.listSchedules,
  schedules.historySchedule,
  schedules.previewSchedule,
  reviews.queueReviews,
  reviews.markReview,
  reviews.requestReview,
  reviews.assignReview,
  reviews.commentReview,
  reviews.withdrawReview,
  reviews.getReview,
  reviews.listReviews,
  reviews.observeReviews,
  reviews.watchedReviews,
  decisions.raiseDecision,
  decisions.requestDecision,
  decisions.permitDecision,
  decisions.resolveDecision,
  decisions.commentDecision,
  decisions.withdrawDecision,
  decisions.getDecision,
  decisions.listDecisions,
  decisions.queueDecisions,
  decisions.quietDecisions,
  approvals.useApproval,
  approvals.checkApproval,
  approvals.previewApproval,
  approvals.listApprovals,
  approvals.revokeApproval,
  approvals.listTiers,
  approvals.setTier,
  channels.keyPush,
  channels.subscribePush,
  channels.unsubscribePush,
  channels.listChannels,
  channels.bindChannel,
  channels.confirmChannel,
  channels.setChannel,
  channels.unbindChannel,
  channels.testChannel,
  channels.takeChannels,
  channels.reportChannels,
  channels.pressChannel,
  channels.hearChannel,
  orchestrators.orchestratorStatus,
  orchestrators.claimOrchestrator,
  orchestrators.noteOrchestrator,
  orchestrators.handOverOrchestrator,
  orchestrators.resignOrchestrator,
  orchestrators.appointOrchestrator,
  orchestrators.recordOrchestrator,
  watchdogs.createWatchdog,
  watchdogs.pauseWatchdog,
  watchdogs.resumeWatchdog,
  watchdogs.deleteWatchdog,
  watchdogs.getWatchdog,
  watchdogs.listWatchdogs,
  watchdogs.historyWatchdog,
  board.getBoard,
  board.tellNotes,
  ingress.createSource,
  ingress.updateSource,
  ingress.pauseSource,
  ingress.resumeSource,
  ingress.rotateSecret,
  ingress.finishRotation,
  ingress.removeSource,
  ingress.getSource,
  ingress.listSources,
  ingress.listArrivals,
  ingress.testSource,
  artifacts.uploadArtifact,
  artifacts.readArtifact,
  artifacts.listArtifacts,
  sessions.boundarySession,
  sessions.watchSession,
  events.listEvents,
  events.timelineEvents,
  events.subscribeEvents,
  events.unsubscribeEvents,
  digest.getDigest,
  digest.seenDigest,
] as const

type Declared = (typeof LIST)[number]

/** The operations by name. */
export type Operations = { readonly [O in Declared as O['name']]: O }
export type OperationName = keyof Operations
/** What a caller sends: defaults may be left out. */
export type Input<N extends OperationName> = z.input<Operations[N]['input']>
/** What a handler receives: validated, with defaults filled in. */
export type Parsed<N extends OperationName> = z.output<Operations[N]['input']>
export type Output<N extends OperationName> = z.output<Operations[N]['output']>

export const OPERATIONS = Object.fromEntries(LIST.map((declared) => [declared.name, declared])) as unknown as Operations
export const OPERATION_NAMES = LIST.map((declared) => declared.name) as readonly OperationName[]

/** What the daemon sends without being asked. */
export const NOTIFICATIONS = {
  'mailbox.deliver': mailboxes.Deliver,
  'thread.closed': events.ThreadClosedParams,
  'events.event': events.EventParams,
  bye: events.ByeParams,
} as const
export type NotificationName = keyof typeof NOTIFICATIONS
export type NotificationParams<N extends NotificationName> = z.output<(typeof NOTIFICATIONS)[N]>

export type Peer = z.output<typeof peers.Peer>
export type PeerRef = z.output<typeof peers.PeerRef>
export type Role = z.output<typeof peers.Role>
export type Mode = z.output<typeof peers.Mode>
export type Turn = z.output<typeof peers.Turn>
export type Presence = z.output<typeof peers.Presence>
export type Reach = z.output<typeof peers.Reach>
export type Credential = z.output<typeof peers.Credential>
export type Enrolment = z.output<typeof peers.Enrolment>
export type Pairing = z.output<typeof pairing.Pairing>
export type Device = z.output<typeof pairing.Device>
export type PersonAction = z.output<typeof pairing.PersonAction>
export type Thread = z.output<typeof threads.Thread>
export type ThreadState = z.output<typeof threads.ThreadState>
export type Message = z.output<typeof threads.Message>
export type MessageKind = z.output<typeof threads.MessageKind>
export type Priority = z.output<typeof threads.Priority>
export type Attachment = z.output<typeof artifacts.Attachment>
export type Artifact = z.output<typeof artifacts.Artifact>
export type Delivery = z.output<typeof threads.Delivery>
export type DeliveryState = z.output<typeof threads.DeliveryState>
export type Sent = z.output<typeof threads.Sent>
export type Refused = z.output<typeof threads.Refused>
export type Fan = z.output<typeof fans.Fan>
export type FanState = z.output<typeof fans.FanState>
export type FanOutcome = z.output<typeof fans.FanOutcome>
export type Hit = z.output<typeof finding.Hit>
export type Link = z.output<typeof finding.Link>
export type Event = z.output<typeof events.Event>
export type EventPreview = z.output<typeof events.EventPreview>
export type Item = z.output<typeof mailboxes.Item>
export type Schedule = z.output<typeof schedules.Schedule>
export type Occurrence = z.output<typeof schedules.Occurrence>
export type Gate = z.output<typeof schedules.Gate>
export type Review = z.output<typeof reviews.Review>
export type ReviewEntry = z.output<typeof reviews.ReviewEntry>
export type ReviewKind = z.output<typeof reviews.ReviewKind>
export type Verdict = z.output<typeof reviews.Verdict>
export type Observation = z.output<typeof reviews.Observation>
export type Card = z.output<typeof decisions.Card>
export type CardState = Card['state']
export type Approval = z.output<typeof approvals.Approval>
export type Action = z.output<typeof approvals.Action>
export type Channel = z.output<typeof channels.Channel>
export type ChannelKind = z.output<typeof channels.ChannelKind>
export type ChannelNotice = z.output<typeof channels.Notice>
export type ChannelErrand = z.output<typeof channels.Errand>
export type Subject = z.output<typeof touched.Subject>
export type Touched = z.output<typeof touched.Touched>
export type TouchedThing = z.output<typeof touched.TouchedThing>
export type Task = z.output<typeof tasks.Task>
export type Progress = z.output<typeof tasks.Progress>
export type BoardTask = z.output<typeof board.BoardTask>
export type TaskStatus = z.output<typeof board.TaskStatus>
export type BoardNeed = z.output<typeof board.BoardNeed>
export type Leadership = z.output<typeof orchestrators.Leadership>
export type Handover = z.output<typeof orchestrators.Handover>
export type Need = z.output<typeof digest.Need>
export type Change = z.output<typeof digest.Change>
export type Watchdog = z.output<typeof watchdogs.Watchdog>
export type Breach = z.output<typeof watchdogs.Breach>
export type Source = z.output<typeof ingress.Source>
export type Arrival = z.output<typeof ingress.Arrival>
export type Boundary = z.output<typeof sessions.Boundary>
export type HelloInput = z.input<typeof node.HelloInput>
export type Hello = z.output<typeof node.HelloOutput>
export { HelloInput as HelloSchema, HelloOutput } from './node.ts'
