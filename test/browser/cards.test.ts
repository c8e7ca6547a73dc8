import { describe, expect, it } from 'vitest'
import { createTestDaemon } from '../support/daemon.ts'
import { expectAccessible } from './support/accessible.ts'
import { DESK, Device, hasBrowser, PHONE } from './support/browser.ts'
import { Crew, QUESTION } from './support/crew.ts'
import { pair, pairBySelf } from './support/pairing.ts'

describe.skipIf(!hasBrowser)('a card', () => {
  it('is answered on one of two devices at the same moment: one wins, both are told', async () => {
    await using daemon = await createTestDaemon()
    await using crew = new Crew(daemon)
    await using phone = await Device.open(PHONE)
    await using desk = await Device.open(DESK)
    await pair(phone.page, daemon, 'phone')
    await pairBySelf(desk.page, phone.page, daemon, 'desk')
    const builder = await crew.join('builder')
    const { card } = await builder.wire.call('decisions.raise', QUESTION)
    const option = (device: Device, letter: string) => device.page.locator(`[data-letter="${letter}"]`)
    await Promise.all([option(phone, 'a').waitFor(), option(desk, 'b').waitFor()])
    await Promise.all([option(phone, 'a').click(), option(desk, 'b').click()])
    const { card: decided } = await builder.wire.call('decisions.get', { card: card.id })
    const [winner, loser] = decided.option === 'a' ? ([phone, desk] as const) : ([desk, phone] as const)
    const name = winner === phone ? 'phone' : 'desk'
    const outcome = new RegExp(`^${decided.option?.toUpperCase()}: .* by (?:person)?owner on ${name}`)
    for (const device of [winner, loser]) await device.page.locator('.card-outcome').filter({ hasText: outcome }).waitFor()
    await loser.page
      .getByText(new RegExp(`It was decided before: Answered \\(${decided.option?.toUpperCase()}\\) by owner on ${name}, at \\d\\d:\\d\\d`))
      .waitFor()
    expect(decided).toMatchObject({ state: 'answered', closed: { device: name, how: 'resolved' } })
    await expectAccessible(loser.page)
    await loser.screenshot('card-lost')
    await Promise.all([phone.expectNoProblems(), desk.expectNoProblems()])
  })

  it('says that it was withdrawn while somebody looked at it, and stays where it stood', async () => {
    await using daemon = await createTestDaemon()
    await using crew = new Crew(daemon)
    await using phone = await Device.open(PHONE)
    await pair(phone.page, daemon)
    const [one, two] = [await crew.join('builder'), await crew.join('docs')]
    const { card } = await one.wire.call('decisions.raise', { ...QUESTION, priority: 'urgent' })
    await two.wire.call('decisions.raise', { ...QUESTION, question: 'Which colour has the manual?' })
    const cards = phone.page.locator('.cards > *')
    await phone.page.getByRole('heading', { name: 'Which colour has the manual?' }).waitFor()
    const top = await cards.nth(1).boundingBox()
    await one.wire.call('decisions.withdraw', { card: card.id, reason: 'It was settled with the team.' })
    await cards.first().getByText('Withdrawn', { exact: true }).waitFor()
    await cards.first().getByText('It was settled with the team.').waitFor()
    expect(await cards.count()).toBe(2)
    expect(await cards.nth(1).getAttribute('class')).not.toContain('need-over')
    expect((await cards.nth(1).boundingBox())?.y).toBeLessThan(top?.y ?? 0)
    await expectAccessible(phone.page)
    await phone.page.getByRole('button', { name: 'Clear what is decided' }).click()
    await phone.page.getByText('It was settled with the team.').waitFor({ state: 'detached' })
    expect(await cards.count()).toBe(1)
    await phone.expectNoProblems()
  })

  it('is commented on, and revised in words, by keys alone; a letter only goes to its option', async () => {
    await using daemon = await createTestDaemon()
    await using crew = new Crew(daemon)
    await using desk = await Device.open(DESK)
    const { page } = desk
    await pair(page, daemon, 'desk')
    const builder = await crew.join('builder')
    const { card } = await builder.wire.call('decisions.raise', QUESTION)
    await page.goto(`${daemon.url}/cards/${card.id}`)
    await page.locator('[data-letter="a"]').focus()
    await page.keyboard.press('c')
    expect(await page.evaluate('document.activeElement.dataset.letter')).toBe('c')
    expect((await builder.wire.call('decisions.get', { card: card.id })).card.state).toBe('waiting')
    await page.keyboard.press('r')
    await page.locator('textarea:focus').waitFor()
    await page.keyboard.type('What does the backup cost?')
    await page.getByRole('button', { name: 'Comment only' }).click()
    await page.locator('.comments').getByText('What does the backup cost?').waitFor()
    await expectAccessible(page)
    await page.locator('[data-letter="b"]').focus()
    await page.keyboard.press('r')
    await page.locator('textarea:focus').waitFor()
    await page.keyboard.type('SQLite, but with a copy every hour.')
    await page.getByRole('button', { name: 'Do this instead' }).click()
    await page.locator('.card-outcome').getByText('Revised').waitFor()
    await expectAccessible(page)
    await desk.screenshot('card-revised')
    expect((await builder.wire.call('decisions.get', { card: card.id })).card).toMatchObject({ state: 'revised', note: 'SQLite, but with a copy every hour.' })
    await desk.expectNoProblems()
  })
})
