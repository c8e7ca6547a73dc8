import { existsSync } from 'node:fs'
import { readFile, rm, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { connect, LATER, type MusterPeer } from '../../client/index.ts'
import type { Message, Peer, PeerRef, Sent, Thread } from '../../src/contract/index.ts'
import { CliHome } from '../support/cli-process.ts'

/** A terminal would clear its screen, rename its window and lose a line to this. */
const HOSTILE = 'before\u001b[2J\u001b]0;owned\u0007\u009b31m\rafter\u202e'
// biome-ignore lint/suspicious/noControlCharactersInRegex: these must not come through
const ESCAPES = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u202e]/

let home: CliHome
let url: string
let enrolment: string
const peers: MusterPeer[] = []

beforeAll(async () => {
  home = await CliHome.make()
  url = (await home.json<{ url: string }>(['up'])).url
  enrolment = (await readFile(home.paths.enrolmentToken, 'utf8')).trim()
})
afterAll(async () => {
  for (const peer of peers) await peer.close()
  await home.remove()
})

/** A peer in this process, on the SDK. */
async function sdkPeer(options: Parameters<typeof connect>[0]): Promise<MusterPeer> {
  const stored = new Map<string, string>()
  const credentials = { load: async () => stored.get('token'), save: async (token: string) => void stored.set('token', token) }
  const peer = await connect({ url, enrolment, credentials, ...options })
  peers.push(peer)
  return peer
}

/** The peer of a CLI name, which has joined already, for calls that wait on states. */
async function asCli(name: string): Promise<MusterPeer> {
  return await sdkPeer({ token: await home.token(name), consume: false })
}

/** Makes a CLI peer known without doing anything. */
async function meet(name: string): Promise<void> {
  await home.runHere(['inbox', '--peek', '--as', name])
}

interface Asked {
  readonly asks: readonly { readonly thread: string; readonly message: string; readonly to: PeerRef; readonly state: string; readonly answer: Message | null }[]
}
interface Inbox {
  readonly items: readonly { readonly message: Message; readonly thread: Thread; readonly delivery: { readonly id: string } }[]
  readonly owed: readonly { readonly thread: Thread }[]
  readonly cursor: string
}

async function askWithoutWaiting(from: string, to: string, body: string): Promise<string> {
  const { asks } = await home.json<Asked>(['ask', to, body, '--no-wait', '--as', from])
  return asks[0]?.thread ?? ''
}

describe('muster ask', () => {
  it('prints the answer, tells the rest on stderr and leaves nothing in the inbox', async () => {
    await sdkPeer({
      name: 'oracle',
      onAsk: async (body, ask) => {
        await ask.reply('let me think')
        return `you asked: ${body}`
      },
    })
    const asked = await home.run(['ask', 'oracle', 'what is up?', '--as', 'ann'])
    expect(asked).toEqual({ exit: 0, stdout: 'you asked: what is up?\n', stderr: 'Joined as ann (first use).\noracle: let me think\n' })
    expect(await home.json<Inbox>(['inbox', '--as', 'ann'])).toMatchObject({ exit: 0, items: [], owed: [], more: false })
    const document = await home.json<Asked>(['ask', 'oracle', 'again', '--as', 'ann'])
    expect(document).toMatchObject({
      exit: 0,
      v: 1,
      refused: [],
      asks: [
        { to: { name: 'oracle', circle: 'main' }, state: 'answered', reason: null, answer: { body: 'you asked: again' }, replies: [{ body: 'let me think' }] },
      ],
    })
  })

  it('takes its body from a file and from stdin, exactly', async () => {
    const body = 'Grüße\r\n\tλ "quoted" $HOME `x` 👍\n\n'
    const file = join(home.folder, 'body.md')
    await writeFile(file, body)
    const echo = await sdkPeer({ name: 'echo', onAsk: (body) => body })
    for (const [args, stdin] of [
      [['--file', file], ''],
      [['-'], body],
    ] as const) {
      const { asks } = await home.json<Asked>(['ask', 'echo', ...args, '--as', 'ann'], { stdin })
      expect(asks[0]?.answer?.body).toBe(body)
    }
    await echo.close()
  })

  it('says with its exit status how an ask ended without an answer', async () => {
    await sdkPeer({
      name: 'grump',
      onAsk: (body) => {
        if (body === 'later') return LATER
        throw new Error(`not today${HOSTILE}`)
      },
    })
    const declined = await home.run(['ask', 'grump', 'please', '--as', 'ann'])
    expect(declined).toMatchObject({ exit: 7, stdout: '', stderr: expect.stringMatching(/^muster: grump declined: not todaybefore\\x1b/) })
    expect(declined.stderr).not.toMatch(ESCAPES)
    expect(await home.json(['ask', 'grump', 'please', '--as', 'ann'])).toMatchObject({ exit: 7, asks: [{ state: 'declined', answer: null }] })

    const expired = await home.run(['ask', 'grump', 'later', '--deadline', '1s', '--as', 'ann'])
    expect(expired).toMatchObject({ exit: 8, stdout: '', stderr: expect.stringContaining('muster: the ask to grump has expired') })
    // What was told here is acked, ends included.
    expect(await home.json(['inbox', '--as', 'ann'])).toMatchObject({ items: [] })
  })

  it('ends when somebody else ends it', async () => {
    await meet('absent')
    await meet('ann')
    const ann = await asCli('ann')
    const cancelled = home.start(['ask', 'absent', 'hello?', '--as', 'ann'])
    await cancelled.said('stderr', /absent cannot be reached now/)
    const { threads } = await ann.call('threads.list', { state: 'open' })
    await ann.call('threads.cancel', { thread: threads[0]?.id ?? '', reason: 'found out' })
    expect(await cancelled.finished).toMatchObject({ exit: 9, stderr: expect.stringContaining('muster: the ask to absent was cancelled: found out') })

    const failed = home.start(['ask', 'absent', 'hello?', '--as', 'ann'])
    await failed.said('stderr', /absent cannot be reached now/)
    expect(await home.run(['peers', 'retire', 'absent', '--reason', 'gone'])).toMatchObject({ exit: 0 })
    expect(await failed.finished).toMatchObject({ exit: 10, stderr: expect.stringContaining('muster: the ask to absent has failed') })
  })

  it('stays open when the time is over and after Ctrl-C; the answer comes to the inbox', async () => {
    await meet('slow')
    const late = await home.run(['ask', 'slow', 'one', '--timeout', '100ms', '--as', 'ann'])
    expect(late).toMatchObject({
      exit: 124,
      stdout: '',
      stderr: expect.stringMatching(/no answer in time; the ask to slow stays open\nhint: .*muster thread thr_\w+ --cancel/),
    })
    const stopped = home.start(['ask', 'slow', 'two', '--json', '--as', 'ann'])
    const slow = await asCli('slow')
    await waitUntil(async () => (await slow.call('mailbox.peek', {})).waiting === 2)
    stopped.interrupt()
    const { exit, stdout } = await stopped.finished
    expect(exit).toBe(130)
    const { asks } = JSON.parse(stdout) as Asked
    expect(asks).toMatchObject([{ state: 'open', answer: null }])
    expect(await home.run(['answer', asks[0]?.thread ?? '', 'at last', '--as', 'slow'])).toMatchObject({ exit: 0 })
    const { items } = await home.json<Inbox>(['inbox', '--as', 'ann'])
    expect(items.map(({ message }) => [message.kind, message.body])).toEqual([['answer', 'at last']])
  })

  it('goes on waiting across a restart of the daemon', async () => {
    await meet('patient')
    const asking = home.start(['ask', 'patient', 'still there?', '--as', 'ann'])
    await asking.said('stderr', /patient cannot be reached now/)
    expect((await home.run(['down'])).exit).toBe(0)
    url = (await home.json<{ url: string }>(['up'])).url
    const { items } = await home.json<Inbox>(['inbox', '--as', 'patient'])
    expect(await home.run(['answer', items[0]?.thread.id ?? '', 'yes', '--as', 'patient'])).toMatchObject({ exit: 0 })
    expect(await asking.finished).toMatchObject({ exit: 0, stdout: 'yes\n' })
  })

  it('reaches the one or all of those that can do something', async () => {
    for (const name of ['judge-1', 'judge-2']) await sdkPeer({ name, capabilities: ['judge'], onAsk: () => `${name} agrees` })
    expect(await home.run(['ask', 'cap:judge', 'ok?', '--as', 'ann'])).toMatchObject({ exit: 64, stderr: expect.stringContaining('--one or --all') })
    const several = await home.run(['ask', 'cap:judge', 'ok?', '--one', '--as', 'ann'])
    expect(several).toMatchObject({ exit: 5, stderr: expect.stringMatching(/It may mean judge-1@main \(peer_\w+\), judge-2@main \(peer_\w+\)\./) })
    const all = await home.run(['ask', 'cap:judge', 'ok?', '--all', '--as', 'ann'])
    expect(all.exit).toBe(0)
    expect(all.stdout.split('\n').sort()).toEqual(['', 'judge-1 agrees', 'judge-1:', 'judge-2 agrees', 'judge-2:'])
  })
})

describe('mail', () => {
  it('is handed over once it was shown, and only then', async () => {
    await meet('reader')
    await home.runHere(['notify', 'reader', 'first', '--as', 'ann'])
    const thread = await askWithoutWaiting('ann', 'reader', 'second')
    expect(await home.runHere(['inbox', '--peek', '--as', 'reader'])).toMatchObject({ exit: 0, stderr: '2 messages waiting; nothing was taken.\n' })
    const bodies = async (...args: string[]) => (await home.json<Inbox>(['inbox', ...args, '--as', 'reader'])).items.map(({ message }) => message.body)
    expect(await bodies('--peek')).toEqual(['first', 'second'])
    expect(await bodies()).toEqual(['first', 'second'])
    // A reader that lost its cursor has seen nothing.
    await rm(home.paths.peerToken('reader').replace('.token', '.cursor'))
    expect(await bodies()).toEqual(['first', 'second'])
    const second = await home.runHere(['inbox', '--as', 'reader'])
    expect(second.stdout).toContain(`You owe 1 answer`)
    expect(second.stdout).toContain(`muster answer ${thread}`)
    expect(second.stderr).toBe('Nothing new waits for reader.\n')

    await home.runHere(['notify', 'reader', 'third', '--as', 'ann'])
    expect(await bodies('--ack')).toEqual(['third'])
    await rm(home.paths.peerToken('reader').replace('.token', '.cursor'))
    expect(await bodies()).toEqual([])
    expect(await home.runHere(['decline', thread, 'not mine', '--as', 'reader'])).toEqual({ exit: 0, stdout: `Declined ${thread} of ann.\n`, stderr: '' })
    expect(await home.json<Inbox>(['inbox', '--as', 'reader'])).toMatchObject({ items: [], owed: [] })
  })

  it('of a topic is replaced by what is newer', async () => {
    await meet('watcher')
    for (const body of ['build 1 runs', 'build 2 runs']) {
      const { stdout } = await home.runHere(['notify', 'watcher', body, '--topic', 'build', '--as', 'ann'])
      expect(stdout).toMatch(/^Told watcher \(queued, reach none\): msg_\w+\n$/)
    }
    const { items } = await home.json<Inbox>(['inbox', '--as', 'watcher'])
    expect(items.map(({ message }) => message.body)).toEqual(['build 2 runs'])
  })

  it('can be said more in a thread before its answer, and late', async () => {
    await meet('helper')
    const thread = await askWithoutWaiting('ann', 'helper', 'how?')
    expect(await home.runHere(['answer', thread, '--more', 'looking', '--as', 'helper'])).toMatchObject({
      exit: 0,
      stdout: `Said to ann in ${thread}, which stays open.\n`,
    })
    expect(await home.runHere(['thread', thread, '--cancel', '--reason', 'solved', '--as', 'ann'])).toMatchObject({ exit: 0, stdout: `Cancelled ${thread}.\n` })
    expect(await home.json(['thread', thread, '--cancel', '--as', 'ann'])).toMatchObject({ exit: 0, changed: false, thread: { state: 'cancelled' } })
    expect(await home.runHere(['answer', thread, '-', '--as', 'helper'], { stdin: 'like this' })).toMatchObject({
      exit: 0,
      stdout: `Answered ${thread} late: it was cancelled already.\n`,
    })
    expect(await home.json(['thread', thread])).toMatchObject({
      thread: { state: 'cancelled', reason: 'solved' },
      messages: [{ kind: 'ask' }, { body: 'looking' }, {}, { body: 'like this', late: true }],
    })
  })

  it('never reaches the terminal as an escape', async () => {
    await meet('victim')
    const thread = await askWithoutWaiting('ann', 'victim', HOSTILE)
    const shown = [
      await home.run(['inbox', '--peek', '--as', 'victim']),
      await home.runHere(['inbox', '--as', 'victim']),
      await home.runHere(['inbox', '--as', 'victim']),
      await home.runHere(['thread', thread]),
      await home.run(['trace', thread]),
      await home.runHere(['thread', thread, '--json']),
    ]
    for (const { exit, stdout, stderr } of shown) {
      expect([exit, stdout + stderr]).toEqual([0, expect.stringContaining('before')])
      expect((stdout + stderr).replaceAll('\n', ' ')).not.toMatch(ESCAPES)
    }
    await home.runHere(['decline', thread, HOSTILE, '--as', 'victim'])
    const { stdout } = await home.runHere(['thread', '--as', 'ann'])
    expect(stdout).toContain('before\\x1b[2J')
    expect(stdout.replaceAll('\n', ' ')).not.toMatch(ESCAPES)
    expect((await home.json<{ messages: Message[] }>(['thread', thread])).messages[0]?.body).toBe(HOSTILE)
  })
})

describe('who is speaking', () => {
  it('is cli-<user> unless said otherwise, with a credential only this user can read', async () => {
    const { peer } = await home.json<{ peer: PeerRef }>(['inbox'])
    expect(peer.name).toBe('cli-tester')
    expect((await stat(home.paths.peerToken(peer.name))).mode & 0o777).toBe(0o600)
    expect(await home.json(['inbox'], { env: { MUSTER_AS: 'from-env' } })).toMatchObject({ peer: { name: 'from-env' } })
    expect(await home.json(['inbox', '--as', 'from-flag'], { env: { MUSTER_AS: 'from-env' } })).toMatchObject({ peer: { name: 'from-flag' } })
  })

  it('stays the same peer where its credential was lost', async () => {
    const first = await home.json<{ peer: PeerRef }>(['inbox', '--as', 'forgetful'])
    await rm(home.paths.peerToken('forgetful'))
    const again = await home.runHere(['inbox', '--as', 'forgetful'])
    expect(again).toMatchObject({ exit: 0, stderr: expect.stringContaining('Joined anew as forgetful.') })
    expect(await home.json(['inbox', '--as', 'forgetful'])).toMatchObject({ peer: first.peer })
    // So it does where the credential was revoked.
    const { credentials } = await home.json<{ credentials: { id: string }[] }>(['token', 'list', 'forgetful'])
    for (const { id } of credentials) expect((await home.runHere(['token', 'revoke', id])).exit).toBe(0)
    expect(await home.json(['inbox', '--as', 'forgetful'])).toMatchObject({ exit: 0, peer: first.peer })
  })

  it('may come with a token from elsewhere, which must not contradict', async () => {
    await meet('laptop')
    const issued = await home.runHere(['token', 'issue', 'laptop', '--label', 'second machine'])
    expect(issued).toMatchObject({ exit: 0, stderr: expect.stringMatching(/^crd_\w+ speaks for laptop\. It is not shown again\.\n$/) })
    const env = { MUSTER_TOKEN: issued.stdout.trim() }
    expect(await home.json(['inbox'], { env })).toMatchObject({ exit: 0, peer: { name: 'laptop' } })
    expect(await home.runHere(['inbox', '--as', 'ann'], { env })).toMatchObject({
      exit: 77,
      stderr: expect.stringContaining('MUSTER_TOKEN speaks for laptop, not for ann'),
    })
    const { credentials } = await home.json<{ credentials: { id: string; label: string }[] }>(['token', 'list', 'laptop'])
    const id = credentials.find(({ label }) => label === 'second machine')?.id ?? ''
    expect(await home.runHere(['token', 'revoke', id])).toMatchObject({ exit: 0, stdout: `${id} of laptop is revoked.\n` })
    expect(await home.runHere(['inbox'], { env })).toMatchObject({
      exit: 77,
      stdout: '',
      stderr: expect.stringContaining('does not accept the token in MUSTER_TOKEN'),
    })

    const enrolled = await home.json<{ token: string; enrolment: { id: string } }>([
      'token',
      'enrol',
      '--max-uses',
      '1',
      '--expires',
      '1h',
      '--label',
      'one guest',
    ])
    expect(enrolled.enrolment).toMatchObject({ circle: 'main', maxUses: 1, label: 'one guest' })
    expect(await home.json(['inbox', '--as', 'guest'], { env: { MUSTER_TOKEN: enrolled.token } })).toMatchObject({ exit: 0, peer: { name: 'guest' } })
    expect((await home.runHere(['token', 'list'])).stdout).toMatch(new RegExp(`${enrolled.enrolment.id} +main +agent,service +1/1 .* in 59m +live +one guest`))
    expect(await home.runHere(['token', 'revoke', enrolled.enrolment.id])).toMatchObject({ exit: 0 })
  })

  it('decides what may be seen and done', async () => {
    expect(await home.runHere(['token', 'enrol', '--as', 'ann'])).toMatchObject({ exit: 77 })
    expect(await home.runHere(['peers', 'retire', 'oracle', '--as', 'ann'])).toMatchObject({ exit: 77 })
    expect(await home.runHere(['inbox', '--peek', '--of', 'oracle', '--as', 'ann'])).toMatchObject({ exit: 77 })
    expect(await home.json(['inbox', '--peek', '--of', 'oracle'])).toMatchObject({ exit: 0, waiting: 0 })
  })

  it('sends no credential of this machine to another daemon', async () => {
    expect(await home.runHere(['inbox', '--url', 'http://127.0.0.1:1'])).toMatchObject({ exit: 77, stderr: expect.stringContaining('not sent elsewhere') })
    expect(await home.runHere(['inbox'], { env: { MUSTER_URL: 'http://127.0.0.1:1', MUSTER_TOKEN: 'x' } })).toMatchObject({
      exit: 75,
      stderr: expect.stringContaining('cannot be reached'),
    })
    expect(await home.runHere(['inbox', '--as', 'ann', '--url', url.replace('127.0.0.1', 'localhost')])).toMatchObject({ exit: 0 })
  })
})

describe('looking', () => {
  it('shows the roll, filtered, and one of it', async () => {
    await sdkPeer({ name: 'listed', capabilities: ['search'], description: 'Finds things' })
    const { stdout } = await home.runHere(['peers', '--cap', 'search'])
    expect(stdout).toMatch(/^NAME +ROLE +PRESENCE +TURN +REACH +SEEN +DESCRIPTION\nlisted +agent +online +unknown +push +now +\[search\] Finds things\n$/)
    expect(await home.json(['peers', '--match', 'LISTE', '--presence', 'online'])).toMatchObject({ exit: 0, peers: [{ name: 'listed' }], after: null })
    expect(await home.runHere(['peers', '--match', 'nobody'])).toEqual({ exit: 0, stdout: '', stderr: 'No peer fits.\n' })
    const page = await home.json<{ peers: Peer[]; after: string }>(['peers', '--limit', '1'])
    expect(await home.json<{ peers: Peer[] }>(['peers', '--limit', '1', '--after', page.after])).toMatchObject({
      peers: [{ id: expect.not.stringMatching(page.peers[0]?.id ?? '') }],
    })
    expect((await home.runHere(['peers', 'show', 'listed'])).stdout).toMatch(
      /^peer +listed\nid +peer_\w+\n[\s\S]*capabilities +search\ndescription +Finds things\n$/,
    )
    expect(await home.runHere(['peers', 'show', 'nobody'])).toEqual({
      exit: 4,
      stdout: '',
      stderr: expect.stringMatching(/^muster: .*: nobody\nhint: muster peers shows/),
    })
  })

  it('renames and retires, and takes the kept credential along', async () => {
    await meet('before')
    expect(await home.runHere(['peers', 'rename', 'before', 'after'])).toEqual({ exit: 0, stdout: 'before is now after.\n', stderr: '' })
    expect([existsSync(home.paths.peerToken('before')), existsSync(home.paths.peerToken('after'))]).toEqual([false, true])
    expect(await home.json(['inbox', '--as', 'after'])).toMatchObject({ peer: { name: 'after' } })
    expect(await home.json(['peers', 'rename', 'after', 'ann'])).toMatchObject({ exit: 5, error: { code: 'name_taken' } })
    expect(await home.runHere(['peers', 'retire', 'after'])).toMatchObject({ exit: 0, stdout: 'after has retired.\n' })
    expect(existsSync(home.paths.peerToken('after'))).toBe(false)
    expect((await home.runHere(['peers', '--retired', '--match', 'after'])).stdout).toContain('retired')
    expect((await home.runHere(['ask', 'after', 'x', '--as', 'ann'])).exit).toBe(4)
  })

  it('tells the life of a message and lists the threads', async () => {
    await meet('traced')
    const { sent } = await home.json<{ sent: Sent[] }>(['notify', 'traced', 'follow me', '--as', 'ann'])
    await home.runHere(['inbox', '--ack', '--as', 'traced'])
    const message = sent[0]?.message ?? ''
    const traced = await home.json<{ steps: { step: string }[] }>(['trace', message])
    expect(traced).toMatchObject({ exit: 0, message: { body: 'follow me' }, deliveries: [{ id: sent[0]?.delivery, state: 'acked' }] })
    expect(traced.steps.map(({ step }) => step)).toEqual(['sent', 'queued', 'offered', 'acked'])
    expect((await home.runHere(['trace', sent[0]?.delivery ?? ''])).stdout).toMatch(
      /^message +msg_\w+ \(notify\)\n[\s\S]*\d\d:\d\d:\d\d\.\d{3} +acked +dlv_\w+ +traced/,
    )
    expect((await home.runHere(['thread', '--theirs', '--as', 'traced'])).stdout).toMatch(/^THREAD +KIND[^\n]*\nthr_\w+ +notify +notice +ann +traced +/)
    expect(await home.runHere(['trace', 'bob'])).toMatchObject({ exit: 64, stderr: expect.stringContaining('"bob" is no id') })
    expect(await home.runHere(['thread', message, '--as', 'ann'])).toMatchObject({ exit: 64 })
    // Another peer's thread is as good as none.
    expect(await home.runHere(['thread', sent[0]?.thread ?? '', '--as', 'reader'])).toMatchObject({ exit: 4 })
  })

  it('lists events by page and type', async () => {
    const page = await home.json<{ events: { type: string; cursor: string }[]; cursor: string }>(['events', '--types', 'peer', '--limit', '3'])
    expect(page.events.every(({ type }) => type.startsWith('peer.'))).toBe(true)
    expect(page.events).toHaveLength(3)
    expect((await home.runHere(['events', '--limit', '1'])).stdout).toMatch(/^\d\d:\d\d:\d\d \w+\.\w+ /)
    expect(await home.runHere(['events', '--after', 'zzzzzz.1'])).toMatchObject({ exit: 6, stderr: expect.stringContaining('another incarnation') })
  })

  it('follows events as they happen, across a restart, until Ctrl-C', async () => {
    await meet('followed')
    const { cursor } = await home.json<{ cursor: string }>(['events', '--limit', '1'])
    const follower = home.start(['events', '--follow', '--json', '--types', 'thread', '--after', cursor])
    const beside = home.start(['events', '--follow'])
    await beside.said('stderr', /Following from \w+\.\d+ on/)
    await home.runHere(['notify', 'followed', 'one', '--as', 'ann'])
    await follower.said('stdout', /"type":"thread\.opened".*\n/)
    await beside.said('stdout', /^\d\d:\d\d:\d\d thread\.opened +ann thr_\w+ kind=notify/m)
    beside.interrupt()
    expect((await beside.finished).exit).toBe(0)
    expect((await home.run(['down'])).exit).toBe(0)
    url = (await home.json<{ url: string }>(['up'])).url
    const { sent } = await home.json<{ sent: Sent[] }>(['notify', 'followed', 'two', '--as', 'ann'])
    await follower.said('stdout', new RegExp(sent[0]?.thread ?? 'nothing was sent'))
    follower.interrupt()
    const { exit, stdout, stderr } = await follower.finished
    expect([exit, stderr]).toEqual([0, ''])
    for (const line of stdout.trimEnd().split('\n')) expect(JSON.parse(line)).toMatchObject({ v: 1, event: { type: expect.stringMatching(/^thread\./) } })
    expect(stdout).not.toContain('"one"')
  })
})

/** Asks again until it is so; each question waits for its answer. */
async function waitUntil(isSo: () => Promise<boolean>): Promise<void> {
  while (!(await isSo()));
}
