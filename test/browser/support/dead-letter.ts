import type { SteppedClock } from '../../contract/support/stepped-clock.ts'
import type { WireClient } from '../../support/wire-client.ts'

interface Offered {
  readonly delivery: string
  readonly attempt: number
  readonly message: { readonly body: string }
}

/** What the consumer is offered next. */
export async function offered(consumer: WireClient): Promise<Offered> {
  return (await consumer.next('mailbox.deliver')) as unknown as Offered
}

/** Sends a peer what its handler fails to take, until the daemon gives up. The daemon's time passes by its own clock. */
export async function killDelivery(clock: SteppedClock, sender: WireClient, recipient: WireClient, to: string, body: string): Promise<void> {
  await sender.call('threads.notify', { to, body, causedBy: null })
  for (let failures = 0; failures < 5; failures++) {
    const { delivery, attempt } = await offered(recipient)
    await recipient.call('mailbox.nack', { delivery, attempt, reason: 'the handler failed' })
    clock.advance(failures < 4 ? 1_000 * 2 ** (failures + 1) : 0)
  }
}
