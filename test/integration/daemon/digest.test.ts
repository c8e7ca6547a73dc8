import { describe, expect, test } from 'vitest'
import type { Input, Output } from '../../../src/contract/index.ts'
import { digest as tool } from '../../../src/tools/digesting.ts'
import { type CoreClient, TestCore } from '../../support/test-core.ts'

const MINUTE = 60_000
const HOUR = 3_600_000
const DAY = 24 * HOUR

type Member = CoreClient & { readonly id: string; readonly token: string }

async function crew() {
  const daemon = await TestCore.start()
  const join = (name: string, options: Parameters<TestCore['join']>[1] = {}): Member => daemon.join(name, { mode: 'pull', ...options })
  return { daemon, join, lead: join('lead', { role: 'orchestrator' }), bob: join('bob'), eve: join('eve') }
}

/** A scan is answered in the turn after the next. */
function scan(peer: CoreClient, input: Input<'digest.get'> = {}, daemon?: TestCore): Output<'digest.get'> {
  const id = peer.post('digest.get', input)
  daemon?.pass(0)
  return peer.outcome(id) as Output<'digest.get'>
}
const ask = (from: CoreClient, to: string, more: object = {}) =>
  (from.call('threads.ask', { to, body: 'why?', causedBy: null, ...more } as never) as { sent: { thread: string }[] }).sent[0]?.thread ?? ''
const kinds = ({ needsYou }: Output<'digest.get'>) => needsYou.map(({ kind, id }) => [kind, id])
const counts = ({ changed }: Output<'digest.get'>) => Object.fromEntries(changed.map(({ kind, count }) => [kind, count]))

describe('a digest', () => {
  test('names what needs the caller, in the order of its urgency, each with its id', async () => {
    const { daemon, lead, bob, eve } = await crew()
    using _ = daemon
    const { cursor } = scan(lead, {}, daemon)
    const later = ask(bob, 'lead', { deadline: '5h' })
    const sooner = ask(eve, 'lead', { deadline: '3h' })
    const answered = ask(lead, 'bob')
    bob.call('threads.answer', { thread: answered, body: 'so' })
    const expired = ask(lead, 'bob', { deadline: '1h' })
    const { id: watchdog } = lead.call('watchdogs.create', { on: 'silence', peer: 'eve', for: '1h' }).watchdog
    const review = bob.call('reviews.request', { subject: { pr: 'https://github.com/crew/ship/pull/7' } }).review.id
    const dead = bob.call('threads.notify', { to: 'lead', body: 'n', causedBy: null }).sent[0]?.delivery ?? ''
    daemon.run("UPDATE deliveries SET state = 'dead', ended_at = 1, reason = 'x' WHERE id = ?", daemon.number(dead))
    daemon.pass(90 * MINUTE)
    const [a, b] = [daemon.number(bob.id), daemon.number(eve.id)]
    daemon.run("INSERT INTO pairs (a, b, times, parked_at, parked_until, reason) VALUES (?, ?, '[]', 1, ?, 'x')", a, b, daemon.clock.wallMs() + 9 * HOUR)
    const found = scan(lead, { since: cursor }, daemon)
    expect(kinds(found)).toEqual([
      ['owed', sooner],
      ['owed', later],
      ['ended', expired],
      ['ended', answered],
      ['breached', watchdog],
      ['review', review],
      ['dead', dead],
      ['parked', null],
    ])
    expect(found.needsYou[0]).toMatchObject({ says: 'eve waits for your answer', peers: [{ name: 'eve' }], at: '2026-01-01T03:00:00.000Z' })
    expect(found.needsYou[2]).toMatchObject({ says: 'your ask to bob is expired' })
    expect(found.needsYou.at(-1)).toMatchObject({ says: 'bob and eve are parked', peers: [{ name: 'bob' }, { name: 'eve' }] })
    expect(found).toMatchObject({ needs: 8, expired: false, complete: true })
    expect(scan(lead, { since: cursor, limit: 3 }, daemon)).toMatchObject({ needs: 8, needsYou: found.needsYou.slice(0, 3) })
    // What ended is news once; the rest needs one until it is dealt with.
    expect(kinds(scan(lead, { since: found.cursor }, daemon)).map(([kind]) => kind)).toEqual(['owed', 'owed', 'breached', 'review', 'dead', 'parked'])
  })

  test('counts what others have changed since, each thing once, and nothing of what the caller did itself', async () => {
    const { daemon, join, lead, bob } = await crew()
    using _ = daemon
    const { cursor } = scan(lead, {}, daemon)
    expect(scan(lead, { since: cursor }, daemon).changed).toEqual([])
    lead.call('threads.notify', { to: 'bob', body: 'n', causedBy: null })
    expect(scan(lead, { since: cursor }, daemon).changed).toEqual([])
    const [ann, ben] = [join('ann'), join('ben')]
    ann.leave()
    ben.leave()
    daemon.pass(MINUTE)
    daemon.connect(ben.token)
    ask(bob, 'lead')
    ask(bob, 'lead')
    join('gone').call('peers.retire', { reason: 'done' })
    const found = scan(lead, { since: cursor }, daemon)
    expect(counts(found)).toEqual({ joined: 3, left: 1, retired: 1, opened: 2 })
    expect(found.changed[0]).toMatchObject({ kind: 'joined', newest: [{ says: 'gone' }, { says: 'ben' }, { says: 'ann' }] })
    expect(found.changed[1]).toMatchObject({ kind: 'left', newest: [{ id: ann.id, says: 'ann' }] })
    expect(found.changed.at(-1)?.newest[0]).toMatchObject({ says: 'ask from bob to lead, open' })
    expect(scan(lead, { since: found.cursor }, daemon).changed).toEqual([])
  })

  test('begins where the caller said that it has read, and where it says nothing, a day ago', async () => {
    const { daemon, join, lead, bob } = await crew()
    using _ = daemon
    join('early').leave()
    daemon.pass(2 * DAY)
    join('late')
    const first = scan(lead, {}, daemon)
    expect(counts(first)).toEqual({ joined: 1 })
    // Looking alone is no reading.
    expect(counts(scan(lead, {}, daemon))).toEqual({ joined: 1 })
    expect(lead.call('digest.seen', { cursor: first.cursor })).toEqual({ cursor: first.cursor })
    expect(scan(lead, {}, daemon)).toMatchObject({ since: first.cursor, changed: [] })
    // One that arrives late takes nothing back, and nobody else's place moves.
    expect(lead.call('digest.seen', { cursor: first.since })).toEqual({ cursor: first.cursor })
    expect(counts(scan(bob, {}, daemon))).toEqual({ joined: 1 })
    const admin = scan(daemon.admin, {}, daemon)
    daemon.admin.call('digest.seen', { cursor: admin.cursor })
    expect(scan(daemon.admin, {}, daemon)).toMatchObject({ since: admin.cursor, changed: [] })
    expect(lead.refusal('digest.seen', { cursor: daemon.core.store.cursor(9_999_999) })).toMatchObject({ code: 'cursor_expired' })
  })

  test('of a cursor that has expired begins where the log does, and says so', async () => {
    const { daemon, lead } = await crew()
    using _ = daemon
    const { cursor } = scan(lead, {}, daemon)
    lead.call('digest.seen', { cursor })
    daemon.join('early')
    daemon.run("INSERT OR REPLACE INTO meta (key, value) VALUES ('event_floor', ?)", String(daemon.core.store.last('event')))
    daemon.run('DELETE FROM events WHERE seq < ?', daemon.core.store.last('event'))
    daemon.join('late')
    for (const since of [cursor, 'zzzzzz.1', undefined]) expect(scan(lead, since === undefined ? {} : { since }, daemon)).toMatchObject({ expired: true })
    expect(counts(scan(lead, { since: cursor }, daemon))).toEqual({ joined: 1 })
  })

  test('tells nobody of what is none of its business', async () => {
    const { daemon, join, lead, bob, eve } = await crew()
    using _ = daemon
    const stranger = join('stranger', { circle: 'elsewhere' })
    const { cursor } = scan(lead, {}, daemon)
    const secret = ask(eve, 'bob')
    bob.call('threads.answer', { thread: secret, body: 'because' })
    stranger.call('reviews.request', { subject: { pr: 'https://github.com/crew/ship/pull/9' } })
    for (const peer of [lead, stranger]) expect(JSON.stringify(scan(peer, { since: cursor }, daemon))).not.toContain(secret)
    expect(scan(lead, { since: cursor }, daemon)).toMatchObject({ needsYou: [], changed: [] })
    daemon.admin.call('grants.add', { peer: 'lead', circle: 'main' })
    expect(counts(scan(lead, { since: cursor }, daemon))).toEqual({ opened: 1, closed: 1 })
    expect(kinds(scan(eve, { since: cursor }, daemon))).toEqual([['ended', secret]])
  })

  test('names an ended fan, and not each of its asks', async () => {
    const { daemon, lead, bob, eve } = await crew()
    using _ = daemon
    const { cursor } = scan(lead, {}, daemon)
    const { fan } = lead.call('fans.open', { to: ['bob', 'eve'], body: 'why?' })
    for (const peer of [bob, eve]) peer.call('threads.answer', { thread: peer.call('threads.owed', {}).owed[0]?.thread.id ?? '', body: 'so' })
    const found = scan(lead, { since: cursor }, daemon)
    expect(found.needsYou).toMatchObject([{ kind: 'ended', id: fan.id, says: 'your fan is complete' }])
  })
})

describe('the tool', () => {
  /** What the tool is given of the daemon, and which cursors it says that it has read. */
  function portTo(peer: Member, daemon: TestCore) {
    const seen: string[] = []
    const port = {
      key: 'k',
      signal: new AbortController().signal,
      cursor: undefined,
      self: async () => peer.call('peers.get', { peer: peer.id }).peer,
      call: async (name: string, input: Record<string, unknown>) => {
        if (name === 'digest.seen') seen.push(input['cursor'] as string)
        const id = peer.post(name, input)
        daemon.pass(0)
        return peer.outcome(id)
      },
    }
    return { port: port as never, seen }
  }

  test('counts as read what its caller has shown to have, and takes 600 tokens at most', async () => {
    const { daemon, join, lead } = await crew()
    using _ = daemon
    const long = (letter: string, n: number) => `${letter.repeat(60)}${n}`
    const others = Array.from({ length: 14 }, (_each, n) => join(long('x', n)))
    for (const other of others) ask(other, 'lead')
    for (const other of others) ask(lead, other.id, { deadline: '1h' })
    for (const other of others.slice(0, 4)) other.call('reviews.request', { subject: { pr: `https://github.com/${'o'.repeat(30)}/${'p'.repeat(60)}/pull/7` } })
    join('gone').call('peers.retire', { reason: 'done' })
    for (const other of others.slice(0, 5)) other.leave()
    daemon.pass(90 * MINUTE)
    const { port, seen } = portTo(lead, daemon)
    const first = await tool.run(port, {})
    const { needs, needsYou, cursor } = first.structured as { needs: number; needsYou: { act: string }[]; cursor: string }
    expect(needs).toBeGreaterThan(25)
    expect(needsYou).toHaveLength(10)
    expect(first.text).toContain(`Next time: digest {"since":"${cursor}"}`)
    expect(Math.ceil(Buffer.byteLength(first.text) / 4)).toBeLessThanOrEqual(600)
    expect(seen).toEqual([])
    const second = await tool.run(port, { since: cursor })
    expect(seen).toEqual([cursor])
    expect(second.text).toContain('Nothing else changed.')
    expect((await tool.run(port, {})).text).toContain('Nothing else changed.')
  })
})
