import type { Caller, Scan, ScanName } from '../caller.ts'
import { digestOf } from '../digest/index.ts'
import { timelineOf } from '../events/timeline.ts'
import { activityOf } from '../node/activity.ts'
import type { ScanReader } from '../store/store.ts'
import { searchMessages, whyMessage } from '../threads/index.ts'

/** A scan that was admitted. */
export interface ScanJob {
  readonly name: ScanName
  readonly caller: Caller
  /** As the contract parsed it. */
  readonly input: unknown
}

/** One handler for each scan of the contract. */
const HANDLERS: { readonly [N in ScanName]: Scan<N> } = {
  'digest.get': digestOf,
  'events.timeline': timelineOf,
  'messages.search': searchMessages,
  'messages.why': whyMessage,
  'node.activity': activityOf,
}

/** @throws MusterError */
export function runScan(reader: ScanReader, { name, caller, input }: ScanJob, now: number): unknown {
  return (HANDLERS[name] as Scan<ScanName>)(reader, caller, input as never, now)
}
