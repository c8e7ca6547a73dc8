import type { NotificationParams, PeerRef } from '../../../src/contract/index.ts'
import type { WireClient } from '../../support/wire-client.ts'
import type { Crew } from './crew.ts'

type DeliverParams = NotificationParams<'mailbox.deliver'>

/** The person whose device was paired. */
export async function personOf({ admin }: Crew): Promise<PeerRef> {
  const { peers } = await admin.call('peers.list', { role: 'person' })
  const [person] = peers
  if (!person) throw new Error('Nobody has paired a device')
  return person
}

/** The next message of a kind that a peer is delivered; the others before it are acked. */
export async function deliveryOf(wire: WireClient, kind: string): Promise<DeliverParams> {
  for (;;) {
    const delivered = (await wire.next('mailbox.deliver')) as unknown as DeliverParams
    if (delivered.message.kind === kind) return delivered
    await wire.call('mailbox.ack', { deliveries: [delivered.delivery] })
  }
}
