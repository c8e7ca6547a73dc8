import { readFileSync, writeFileSync } from 'node:fs'
import { describe, expect, it, vi } from 'vitest'
import { pushKeyIn } from '../../daemon/channels/push-key.ts'
import type { PushPayload } from '../../src/push-payload.ts'
import { SteppedClock } from '../contract/support/stepped-clock.ts'
import { QUESTION } from '../support/cards.ts'
import { createTestDaemon, TestHome } from '../support/daemon.ts'
import { PushService } from '../support/push-service.ts'
import { homeWith } from '../support/reachable-person.ts'
import { expectAccessible } from './support/accessible.ts'
import { Device, hasBrowser, PHONE } from './support/browser.ts'
import { Crew } from './support/crew.ts'
import { killDelivery, offered } from './support/dead-letter.ts'
import { pair } from './support/pairing.ts'

/** Has the browser's own push messages come from a push service of the test: what it subscribes with, and what it is sent. */
async function subscribeAt({ context, page }: Device, service: PushService): Promise<void> {
  const { endpoint, keys } = service.subscribe()
  const subscription = JSON.stringify({ endpoint, keys })
  await context.grantPermissions(['notifications'])
  await page.addInitScript(`PushManager.prototype.subscribe = async () => ({ toJSON: () => (${subscription}) })`)
}

/** What hands a message that the push service has decrypted to the page's worker, as the browser does with one that has come. */
async function receiverOf({ context, page }: Device, origin: string): Promise<(payload: PushPayload | undefined) => Promise<unknown>> {
  const session = await context.newCDPSession(page)
  let registrationId = ''
  session.on('ServiceWorker.workerRegistrationUpdated', ({ registrations }) => {
    registrationId = registrations[0]?.registrationId ?? registrationId
  })
  await session.send('ServiceWorker.enable')
  await vi.waitUntil(() => registrationId !== '', { timeout: 20_000 })
  return (payload) => session.send('ServiceWorker.deliverPushMessage', { origin, registrationId, data: JSON.stringify(payload) })
}

describe.skipIf(!hasBrowser)('a person with a phone', () => {
  it('pairs it, sees the crew work, answers a card, gets a push, talks to the orchestrator, pauses a schedule, replays a dead letter', async () => {
    const keys = new TestHome()
    await using service = await PushService.start(pushKeyIn(`${keys.path}/push.key.json`))
    const home = homeWith({ pushHosts: [service.host] })
    const clock = new SteppedClock(Date.now())
    await using daemon = await createTestDaemon({ home, clock })
    writeFileSync(home.paths.pushKey, readFileSync(`${keys.path}/push.key.json`), { mode: 0o600 })
    keys.remove()
    await using crew = new Crew(daemon)
    const lead = await crew.join('lead', { role: 'orchestrator', description: 'Hands out the work' })
    const [builder, tester] = [
      await crew.join('builder', { description: 'Builds the importer' }),
      await crew.join('tester', { description: 'Tests what was built' }),
    ]
    await lead.wire.call('orchestrators.claim', {})
    const { sent } = await lead.wire.call('threads.ask', { to: 'builder', body: 'Build the importer', task: { title: 'Build the importer' } })
    const ask = await offered(builder.wire)
    await builder.wire.call('mailbox.ack', { deliveries: [ask.delivery] })
    await builder.wire.call('peers.describe', { turn: 'working' })

    await using phone = await Device.open(PHONE)
    const { page } = phone
    await subscribeAt(phone, service)
    await pair(page, daemon)

    // The crew at work, in seconds.
    for (const name of ['lead', 'builder', 'tester']) await page.getByRole('link', { name, exact: true }).first().waitFor()
    await phone.screenshot('story-1-crew')

    // Notifications, turned on by hand.
    await page.goto(`${daemon.url}/settings/notifications`)
    await page.getByRole('button', { name: 'Turn on notifications' }).click()
    await page.getByText('Notifications are on for this device.').waitFor()
    await page.getByRole('link', { name: 'Now' }).click()

    // A card: pushed, shown by the worker of the page, answered with one tap.
    await builder.wire.call('decisions.raise', { ...QUESTION, priority: 'urgent' } as never)
    await service.until(() => service.pushed.length === 1)
    await phone.until('navigator.serviceWorker.controller !== null')
    const receive = await receiverOf(phone, daemon.url)
    await receive(service.pushed[0]?.payload)
    const shown =
      'navigator.serviceWorker.ready.then((worker) => worker.getNotifications()).then((all) => all.map(({ title, body, actions }) => ({ title, body, actions: actions.map(({ action }) => action) })))'
    await phone.until(`${shown}.then((all) => all.length === 1)`)
    expect(await page.evaluate(shown)).toMatchObject([{ actions: ['a', 'b'] }])
    await page.getByRole('heading', { name: QUESTION.question }).waitFor()
    await expectAccessible(page)
    await phone.screenshot('story-2-card')
    await page
      .getByRole('button', { name: new RegExp(QUESTION.options[0]?.text ?? '') })
      .first()
      .click()
    await page.getByText(/Nothing (else )?waits for you/).waitFor()
    const outcome = await offered(builder.wire)
    expect(outcome.message.body).toContain(QUESTION.options[0]?.text)
    await service.until(() => service.pushed.length === 2)
    expect(service.pushed[1]?.payload.kind).toBe('settled')
    await receive(service.pushed[1]?.payload)
    await phone.until(`${shown}.then((all) => all.length === 0)`)

    // Another one, answered from its notification while nobody looks at the page. A script may not click it, so the worker is told of a click.
    await builder.wire.call('decisions.raise', {
      ...QUESTION,
      question: 'Which port?',
      options: [
        { ...QUESTION.options[0], text: '80' },
        { ...QUESTION.options[1], text: '8080' },
      ],
    } as never)
    await service.until(() => service.pushed.length === 3)
    await receive({
      ...(service.pushed[2]?.payload as PushPayload),
      title: 'Tap a) to be left alone',
      body: 'Words that were put above the buttons',
      tag: 'another',
    })
    await phone.until(`${shown}.then((all) => all.length === 1)`)
    expect(await page.evaluate(shown)).toMatchObject([{ title: 'builder asks', body: 'Which port?', actions: ['a', 'b'] }])
    const [worker] = phone.context.serviceWorkers()
    await worker?.evaluate(
      "self.registration.getNotifications().then(([notification]) => self.dispatchEvent(new NotificationEvent('notificationclick', { notification, action: 'b' })))",
    )
    expect((await offered(builder.wire)).message.body).toContain('8080')

    // A word with the orchestrator, who answers.
    await page.getByRole('link', { name: 'Orchestrator' }).click()
    await page.getByRole('textbox').fill('What is everybody doing?')
    await phone.screenshot('story-3-orchestrator')
    await page.keyboard.press('Control+Enter')
    const word = (await lead.wire.next('mailbox.deliver')) as unknown as {
      readonly delivery: string
      readonly thread: { readonly id: string }
      readonly message: { readonly body: string; readonly from: { readonly role: string } }
    }
    expect(word.message).toMatchObject({ body: 'What is everybody doing?', from: { role: 'person' } })
    await lead.wire.call('threads.answer', { thread: word.thread.id, delivery: word.delivery, body: 'The importer is **being built**.' })
    await page.getByText('The importer is being built.').waitFor()
    // Both are of the same millisecond.
    expect(await page.locator('.chat .message .badge').allTextContents()).toEqual(['Ask', 'Answer'])
    await expectAccessible(page)
    await phone.screenshot('story-4-answer')

    // A schedule, paused.
    await lead.wire.call('schedules.create', { to: 'tester', body: 'Run the slow tests', every: '1h' } as never)
    await page.goto(`${daemon.url}/schedules`)
    await page.getByText('Run the slow tests').click()
    await page.getByRole('button', { name: /Pause/ }).first().click()
    await page
      .getByText(/paused/i)
      .first()
      .waitFor()
    await phone.screenshot('story-5-schedule')
    expect((await lead.wire.call('schedules.list', {})).schedules[0]?.state).toBe('paused')

    // A dead letter, replayed.
    await killDelivery(clock, lead.wire, tester.wire, 'tester', 'Take this')
    await page.goto(`${daemon.url}/node`)
    await page.getByText('Take this').waitFor()
    await expectAccessible(page)
    await phone.screenshot('story-6-dead-letter')
    await page.getByRole('button', { name: 'Replay' }).click()
    expect((await offered(tester.wire)).message.body).toBe('Take this')
    await page.getByText('All is well.').waitFor()
    expect(service.wrong).toEqual([])
    expect(sent).toHaveLength(1)
    await phone.expectNoProblems()
  })
})
