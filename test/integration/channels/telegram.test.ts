import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { HttpClient } from '../../contract/support/http-client.ts'
import { BotServer, failure } from '../../support/bot-server.ts'
import { QUESTION, REQUEST } from '../../support/cards.ts'
import { DaemonProcess, registerPeer } from '../../support/daemon.ts'
import { homeWith, pairFirst, scene } from '../../support/reachable-person.ts'
import { WireClient } from '../../support/wire-client.ts'

const ANN = { id: 5_001 }

async function until<T>(look: () => Promise<T | undefined | false>): Promise<T> {
  for (;;) {
    const found = await look()
    if (found) return found
    await sleep(20)
  }
}

/** Settings by which a daemon speaks for the bot of a server of ours; the token is in a file beside it. */
function settingsOf(bot: BotServer, folder: string) {
  const file = join(folder, 'bot.token')
  writeFileSync(file, `${bot.token}\n`, { mode: 0o600 })
  return { telegram: { token: { file }, baseUrl: bot.url } }
}

async function speaking() {
  const bot = await BotServer.start()
  const folder = mkdtempSync(join(tmpdir(), 'muster-bot-'))
  const made = await scene(settingsOf(bot, folder))
  return {
    ...made,
    bot,
    async [Symbol.asyncDispose]() {
      await made[Symbol.asyncDispose]()
      await bot[Symbol.asyncDispose]()
      rmSync(folder, { recursive: true })
    },
  }
}

/** Binds the account by a code, as a person does. */
async function bind(ann: WireClient, server: BotServer, from = ANN): Promise<void> {
  const { code } = await ann.call('channels.bind', { kind: 'telegram' })
  server.write(from, `/start ${code}`)
  await server.message(from.id, 'Confirm on your device')
  const claimed = (await ann.call('channels.list', {})).channels.find(({ confirmed, endedAt }) => !confirmed && endedAt === null)
  expect(claimed?.label).toBe(`@user${from.id}`)
  await ann.call('channels.confirm', { channel: claimed?.id ?? '' })
  await server.message(from.id, 'This channel works.')
}

const cardOf = async (ann: WireClient, card: string) => (await ann.call('decisions.get', { card })).card

test('an account is bound, sees a card, decides it with a button, and sees what became of it', async () => {
  await using made = await speaking()
  const { ann, bob, bot, daemon, home } = made
  // Nobody is bound, and nobody is about to be: nobody listens.
  expect(bot.called).toEqual([])
  await bind(ann, bot)
  const { card } = await bob.call('decisions.request', REQUEST)
  const id = card?.id ?? ''
  const shown = await bot.message(ANN.id, 'npm test')
  expect(shown.text).toContain('Arguments: {"cwd":"/ship","watch":false}')
  expect(shown.buttons.map(({ text }) => text.slice(0, 2))).toEqual(['a)', 'b)'])
  // Somebody else, and the same account elsewhere, press what they cannot know, and what they do.
  bot.press({ id: 6_666 }, shown.buttons[0]?.data ?? '')
  bot.press({ ...ANN, chat: -100, type: 'group' }, shown.buttons[0]?.data ?? '')
  bot.press(ANN, 'forged')
  await bot.until(() => bot.calls('answerCallbackQuery').length === 3)
  expect(bot.calls('answerCallbackQuery').map(({ text }) => text)).toEqual([undefined, undefined, expect.stringContaining('no longer good')])
  expect((await cardOf(ann, id)).state).toBe('waiting')
  bot.press(ANN, shown.buttons[0]?.data ?? '')
  await bot.until(() => shown.buttons.length === 0)
  expect(shown.text).toMatch(/^Settled: .*\n\nIt is approved: a\) .* By owner \(Telegram @user5001\)/)
  expect(bot.calls('answerCallbackQuery')[3]).toMatchObject({ text: expect.stringMatching(/^Decided: a\)/), show_alert: true })
  expect(await cardOf(ann, id)).toMatchObject({ state: 'approved', closed: { by: { name: 'owner' }, device: 'Telegram @user5001' } })
  // What was judged is acknowledged.
  await bot.until(() => bot.pending === 0)
  const status = daemon.daemon.core.services.status()
  expect(status).toMatchObject([{ state: 'running', parts: [{ name: 'telegram', state: 'ok' }] }])
  expect(readFileSync(home.paths.database).includes(bot.token)).toBe(false)
})

test('words go to the orchestrator; forwarded and foreign words go nowhere, and edits are not asked for', async () => {
  await using made = await speaking()
  const { ann, bot, daemon, home } = made
  await using admin = await daemon.connect(home.token('admin'))
  const { token } = await admin.call('enrolments.create', { circle: 'main', roles: ['orchestrator'], label: 'lead' })
  await using enrolling = await WireClient.greet(daemon.url, token)
  const lead = await enrolling.call('peers.register', { name: 'lead', role: 'orchestrator', mode: 'pull' })
  await using leading = await WireClient.greet(daemon.url, lead.token)
  await bind(ann, bot)
  bot.write(ANN, 'Forwarded.', { forward_origin: { type: 'user' } })
  bot.write(ANN, 'Of another bot.', { via_bot: { id: 3, is_bot: true, first_name: 'x' } })
  bot.write({ id: 6_666 }, 'Of a stranger.')
  bot.write(ANN, 'How far are we?')
  await bot.message(ANN.id, 'It has gone to the orchestrator.')
  const { items } = await leading.call('mailbox.inbox', { limit: 50 })
  const asks = items.filter(({ message }) => message.kind === 'ask')
  expect(asks.map(({ message }) => [message.from?.name, message.from?.role, message.body])).toEqual([['owner', 'person', 'How far are we?']])
  expect(bot.calls('getUpdates')[0]).toMatchObject({ allowed_updates: ['message', 'callback_query'] })
  expect(bot.messages.filter(({ chat }) => chat === '6666')).toEqual([])
  await leading.call('threads.answer', { thread: asks[0]?.thread.id ?? '', body: 'Half way.' })
  expect((await bot.message(ANN.id, 'Half way.')).text).toBe('lead: answer\n\nHalf way.')
})

test('two accounts of two people press in the same moment: one wins, and the other is told who', async () => {
  await using made = await speaking()
  const { ann, bob, bot, daemon, home } = made
  await bind(ann, bot)
  await using admin = await daemon.connect(home.token('admin'))
  const { code, pairing } = await admin.call('pairings.begin', { person: 'eve' })
  const redeemed = await new HttpClient(daemon.url).call('pairings.redeem', { code, device: 'tablet' })
  await ann.call('pairings.confirm', { pairing: pairing.id, comparison: redeemed.pairing.comparison ?? '' })
  await using eve = await daemon.connect(redeemed.token)
  await bind(eve, bot, { id: 7 })
  const { card } = await bob.call('decisions.raise', QUESTION as never)
  const [hers, mine] = [await bot.message(7, 'Which database'), await bot.message(ANN.id, 'Which database')]
  bot.press(ANN, mine.buttons[0]?.data ?? '')
  bot.press({ id: 7 }, hers.buttons[1]?.data ?? '')
  await bot.until(() => bot.calls('answerCallbackQuery').length === 2)
  expect(bot.calls('answerCallbackQuery').map(({ text }) => text)).toEqual([
    'Decided: a) SQLite',
    expect.stringMatching(/^It is answered: a\) SQLite\. By owner \(Telegram @user5001\), /),
  ])
  expect((await cardOf(ann, card.id)).option).toBe('a')
  await bot.until(() => hers.buttons.length + mine.buttons.length === 0)
})

test('an account that has blocked the bot is let go; a server that wants less is given time', async () => {
  await using made = await speaking()
  const { ann, bob, bot } = made
  await bind(ann, bot)
  bot.refusals.set('sendMessage', failure(429, 'Too Many Requests: retry after 1', 1))
  await bob.call('decisions.raise', QUESTION as never)
  await bot.message(ANN.id, 'Which database')
  bot.refusals.set('sendMessage', failure(403, 'Forbidden: bot was blocked by the user'))
  await bob.call('decisions.raise', { ...QUESTION, question: 'And now?' } as never)
  const ended = await until(async () => (await ann.call('channels.list', {})).channels.find(({ endedAt }) => endedAt !== null))
  expect(ended).toMatchObject({ kind: 'telegram', reason: 'the account has blocked the bot, or is gone (403)' })
})

test('a daemon killed between a button and its acknowledgement decides once; what was not reported is sent again', async () => {
  await using bot = await BotServer.start()
  const home = homeWith({})
  writeFileSync(home.paths.config, JSON.stringify(settingsOf(bot, home.path)))
  const first = new DaemonProcess(home)
  const url = await first.url()
  const phone = await pairFirst(url, home)
  const { token } = await registerPeer(url, home.token('enrolment'), 'bob')
  const id = await (async () => {
    await using ann = await WireClient.greet(url, phone)
    await using bob = await WireClient.greet(url, token)
    await bind(ann, bot)
    const { card } = await bob.call('decisions.raise', QUESTION as never)
    const shown = await bot.message(ANN.id, 'Which database')
    // The daemon has decided, and the service cannot tell the account: the update is not acknowledged when all of it is killed.
    bot.hanging.add('answerCallbackQuery')
    bot.press(ANN, shown.buttons[0]?.data ?? '')
    await bot.until(() => bot.calls('answerCallbackQuery').length === 1)
    expect((await cardOf(ann, card.id)).state).toBe('answered')
    return card.id
  })()
  await first.end('SIGKILL')
  expect(bot.pending).toBe(1)
  bot.hanging.clear()
  await using again = new DaemonProcess(home)
  await using ann = await WireClient.greet(await again.url(), phone)
  await bot.until(() => bot.pending === 0)
  expect(bot.calls('answerCallbackQuery').map(({ text }) => text)).toEqual(['Decided: a) SQLite', expect.stringMatching(/^It is answered: a\) SQLite/)])
  const shown = await bot.until(() => bot.messages.find(({ text, buttons }) => text.startsWith('Settled: ') && buttons.length === 0))
  expect(shown.text).toContain('It is answered: a) SQLite')
  const { card, comments } = await ann.call('decisions.get', { card: id })
  expect([card.option, comments]).toEqual(['a', []])
})
