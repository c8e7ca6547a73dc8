import type { MusterPeer, Output } from '../index.ts'
import type { Fact } from './wire.ts'

export const PATIENCE_MS = 15_000
const LOOK_AGAIN_MS = 50

export type Handed = Extract<Fact, { what: 'handed' }>

export function handedAll(facts: readonly Fact[]): Handed[] {
  return facts.filter((fact): fact is Handed => fact.what === 'handed')
}

/** The newest message of that kind, with that text where one is given. */
export function handed(facts: readonly Fact[], kind: Handed['kind'], body?: string): Handed | undefined {
  return handedAll(facts).findLast((fact) => fact.kind === kind && (body === undefined || fact.body === body))
}

/** The status once the last acks are in. */
export async function settled(admin: MusterPeer): Promise<Output<'node.status'>> {
  for (let waitedMs = 0; ; waitedMs += LOOK_AGAIN_MS) {
    const status = await admin.call('node.status', {})
    if (status.openAsks + status.queued === 0 || waitedMs >= PATIENCE_MS) return status
    await new Promise((resolve) => setTimeout(resolve, LOOK_AGAIN_MS))
  }
}
