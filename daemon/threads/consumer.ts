/** A delivery on its way to a mailbox's consumer. */
export interface Parcel {
  readonly deliveryId: number
  readonly threadId: number
  readonly messageId: number
  readonly peerId: number
  /** Part of the mailbox's order, with the delivery's number. */
  readonly priority: number
  /** Control notices overtake: they neither wait for their thread nor count against `prefetch`. */
  readonly control: boolean
  readonly solicited: boolean
  readonly hops: number
  /** Offers that have ended. */
  readonly attempt: number
  /** It may have been offered before: certainly where `attempt` counts, possibly where it waited through a restart. */
  readonly redelivered: boolean
  /** The end of the frame: the thread and the message as JSON. Called at most once, when the parcel is offered. */
  readonly tail: () => string
}

/** The connection that consumes a mailbox. */
export interface ConsumerPort {
  send(frame: string): void
  /** Whether the connection has left so much unread that nothing more should be offered. */
  readonly parked: boolean
  /** Another connection took over. */
  replaced(): void
}

export interface Consumer {
  readonly peerId: number
  readonly port: ConsumerPort
  readonly prefetch: number
}
