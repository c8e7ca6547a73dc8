import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { LIMITS } from '../../../src/limits.ts'
import { TestCore } from '../../support/test-core.ts'

const DAY = 86_400_000

let daemon: TestCore
beforeEach(async () => {
  daemon = await TestCore.start()
})
afterEach(() => daemon.stop())

const artifacts = () => daemon.rows<{ id: number; carried: number; drop_at: number | null }>('SELECT id, carried, drop_at FROM artifacts ORDER BY id')
const room = () => daemon.row<{ bytes: number }>('SELECT sum(bytes) AS bytes FROM artifact_room')?.bytes ?? 0

describe('what messages carry', () => {
  it('goes with an ask, an interim reply, an answer and a notify, in order', () => {
    const ada = daemon.join('ada')
    const bob = daemon.join('bob')
    const one = daemon.upload(ada.token, 'one', { name: 'one.txt' })
    const two = daemon.upload(ada.token, 'two', { name: 'two.bin', mediaType: 'application/octet-stream' })
    const { sent } = ada.call('threads.ask', { to: 'bob', body: 'look', attachments: [two, one] })
    const asked = bob.delivery()
    expect(asked.message.attachments).toEqual([
      { id: expect.stringMatching(/^att_/), name: 'two.bin', mediaType: 'application/octet-stream', size: 3, sha256: expect.stringMatching(/^[0-9a-f]{64}$/) },
      { id: expect.stringMatching(/^att_/), name: 'one.txt', mediaType: 'text/plain', size: 3, sha256: expect.any(String) },
    ])
    const thread = sent[0]?.thread as string
    const mine = daemon.upload(bob.token, 'three')
    bob.call('threads.reply', { thread, body: 'more', attachments: [mine] })
    const more = ada.delivery()
    expect(more.message.attachments).toMatchObject([{ name: 'notes.txt' }])
    ada.ack(more)
    bob.call('threads.answer', { thread, body: 'done', attachments: [mine, asked.message.attachments[0]?.id as string] })
    expect(ada.delivery().message.attachments.map(({ name }) => name)).toEqual(['notes.txt', 'two.bin'])
    ada.call('threads.notify', { to: 'bob', body: 'see', attachments: [one] })
    expect(bob.deliveries().at(-1)?.message.attachments).toHaveLength(1)
    const { messages } = ada.call('threads.get', { thread })
    expect(messages.map(({ attachments }) => attachments.length)).toEqual([2, 1, 2])
    expect(artifacts().map(({ carried, drop_at }) => [carried, drop_at])).toEqual([
      [2, null],
      [2, null],
      [2, null],
    ])
  })

  it('is what the sender may read: its own uploads, and what it was sent', () => {
    const ada = daemon.join('ada')
    const bob = daemon.join('bob')
    const eve = daemon.join('eve')
    const upload = daemon.upload(ada.token, 'secret')
    ada.call('threads.notify', { to: 'bob', body: 'for you', attachments: [upload] })
    const sent = bob.delivery().message.attachments[0]?.id as string
    expect(bob.refusal('threads.notify', { to: 'eve', body: 'x', attachments: [upload] })).toMatchObject({ code: 'not_found', id: upload })
    expect(eve.refusal('threads.notify', { to: 'bob', body: 'x', attachments: [sent] })).toMatchObject({ code: 'not_found', id: sent })
    expect(eve.refusal('threads.ask', { to: 'bob', body: 'x', attachments: ['att_000000zz'] })).toMatchObject({ code: 'not_found' })
    bob.call('threads.notify', { to: 'eve', body: 'forwarded', attachments: [sent] })
    const forwarded = eve.delivery().message.attachments[0]
    expect(forwarded).toMatchObject({ name: 'notes.txt', size: 6 })
    expect(forwarded?.id).not.toBe(sent)
  })

  it('is refused as a whole with the message: too many, twice the same, no id', () => {
    const ada = daemon.join('ada')
    daemon.join('bob')
    const ids = Array.from({ length: LIMITS.maxAttachments + 1 }, (_, index) => daemon.upload(ada.token, `file ${index}`))
    for (const attachments of [ids, [ids[0], ids[0]], [], ['msg_k7qm2x1']])
      expect(ada.refusal('threads.ask', { to: 'bob', body: 'x', attachments })).toMatchObject({ code: 'invalid_input' })
    expect(ada.refusal('threads.ask', { to: 'bob', body: 'x', attachments: [ids[0], 'art_k7qm2x1'] })).toMatchObject({ code: 'not_found' })
    expect(daemon.row('SELECT count(*) AS n FROM messages')).toEqual({ n: 0 })
    expect(artifacts().every(({ carried }) => carried === 0)).toBe(true)
  })

  it('is the same after a repeat with the same key', () => {
    const ada = daemon.join('ada')
    daemon.join('bob')
    const input = { to: 'bob', body: 'look', attachments: [daemon.upload(ada.token, 'one')], key: 'k1' }
    expect(ada.call('threads.notify', input).sent).toMatchObject(ada.call('threads.notify', input).sent.map(({ message }) => ({ message })))
    expect(artifacts()).toMatchObject([{ carried: 1 }])
  })

  it('goes with the words when a message is redacted, at once, but for what others carry', () => {
    const ada = daemon.join('ada')
    const bob = daemon.join('bob')
    const [only, both] = [daemon.upload(ada.token, 'only'), daemon.upload(ada.token, 'both')]
    const { sent } = ada.call('threads.notify', { to: 'bob', body: 'a secret', attachments: [only, both] })
    ada.call('threads.notify', { to: 'bob', body: 'harmless', attachments: [both] })
    const seen = bob.deliveries()[0]?.message.attachments.map(({ id }) => id) as string[]
    const { message } = ada.call('threads.redact', { message: sent[0]?.message as string, reason: 'said too much' })
    expect(message).toMatchObject({ redacted: true, attachments: [] })
    expect([...daemon.contents.kept.values()].map(String)).toEqual(['both'])
    expect(artifacts()).toMatchObject([{ carried: 1, drop_at: null }])
    expect(room()).toBe(LIMITS.artifactBlockBytes)
    for (const id of seen) expect(bob.refusal('threads.notify', { to: 'ada', body: 'x', attachments: [id] })).toMatchObject({ code: 'not_found' })
  })
})

describe('how long they are kept', () => {
  it('an upload that no message carries goes after a day', () => {
    const ada = daemon.join('ada')
    const upload = daemon.upload(ada.token, 'unused')
    expect(ada.call('artifacts.list', {})).toMatchObject({ artifacts: [{ id: upload, messages: 0, size: 6 }], room: { used: 4_096, quota: 1_073_741_824 } })
    daemon.pass(DAY - 3_600_001)
    expect(artifacts()).toHaveLength(1)
    daemon.pass(2 * 3_600_000)
    expect(artifacts()).toHaveLength(0)
    expect(daemon.contents.kept.size).toBe(0)
    expect(room()).toBe(0)
  })

  it('one that was carried goes a week after its last message was purged', () => {
    const ada = daemon.join('ada')
    daemon.join('bob', { mode: 'pull' })
    const upload = daemon.upload(ada.token, 'kept')
    const { thread } = ada.call('threads.notify', { to: 'bob', body: 'x', attachments: [upload] }).sent[0] as { thread: string }
    daemon.run("UPDATE deliveries SET state = 'acked'")
    daemon.pass(LIMITS.closedThreadMs - 3_600_000)
    expect(ada.call('threads.get', { thread }).messages[0]?.attachments).toHaveLength(1)
    daemon.pass(3 * 3_600_000)
    expect(daemon.row('SELECT count(*) AS n FROM messages')).toEqual({ n: 0 })
    expect(daemon.row('SELECT count(*) AS n FROM attachments')).toEqual({ n: 0 })
    expect(artifacts()).toMatchObject([{ carried: 0, drop_at: expect.any(Number) }])
    daemon.pass(LIMITS.uncarriedMs)
    expect(artifacts()).toHaveLength(0)
    expect(daemon.contents.kept.size).toBe(0)
  })

  it('a content stays while another artifact has it', () => {
    const ada = daemon.join('ada')
    const bob = daemon.join('bob')
    daemon.upload(ada.token, 'shared')
    const theirs = daemon.upload(bob.token, 'shared')
    bob.call('threads.notify', { to: 'ada', body: 'x', attachments: [theirs] })
    daemon.pass(DAY + 3_600_000)
    expect(artifacts()).toHaveLength(1)
    expect(daemon.contents.kept.size).toBe(1)
  })

  it('the same content under the same name is the same artifact, and its day begins anew', () => {
    const ada = daemon.join('ada')
    const upload = daemon.upload(ada.token, 'again')
    daemon.pass(DAY / 2)
    expect(daemon.upload(ada.token, 'again')).toBe(upload)
    expect(daemon.upload(ada.token, 'again', { name: 'other.txt' })).not.toBe(upload)
    daemon.pass(DAY / 2 + 3_600_000)
    expect(artifacts()).toHaveLength(2)
    expect(room()).toBe(2 * LIMITS.artifactBlockBytes)
  })

  it('more than a batch goes in batches', () => {
    const ada = daemon.join('ada')
    for (let index = 0; index < LIMITS.purgeRows + 5; index += 1) daemon.upload(ada.token, `file ${index}`)
    daemon.pass(DAY + 2 * 3_600_000)
    expect(artifacts()).toHaveLength(0)
    expect(daemon.contents.kept.size).toBe(0)
  })

  it('what a crash left without a row goes with the next start', async () => {
    daemon.contents.kept.set('0'.repeat(64), Buffer.from('orphan'))
    const { contents } = daemon
    daemon.crash()
    daemon = await TestCore.start({ contents })
    daemon.pass(1_000)
    await expect.poll(() => contents.kept.size).toBe(0)
  })
})

describe('room', () => {
  it('is refused beyond the quota of the peer, and beyond that of the node', () => {
    const ada = daemon.join('ada')
    const bob = daemon.join('bob')
    daemon.run('INSERT INTO artifact_room (peer_id, bytes) VALUES (?, ?)', daemon.number(ada.id), LIMITS.peerArtifactBytes - LIMITS.artifactBlockBytes)
    daemon.upload(ada.token, 'the last')
    expect(() => daemon.upload(ada.token, 'one more')).toThrow(
      expect.objectContaining({ code: 'quota_exceeded', details: expect.objectContaining({ whose: 'peer' }) }),
    )
    daemon.upload(bob.token, 'has its own')
    daemon.run('INSERT INTO artifact_room (peer_id, bytes) VALUES (?, ?)', 999, LIMITS.nodeArtifactBytes)
    expect(() => daemon.upload(bob.token, 'no room')).toThrow(expect.objectContaining({ details: expect.objectContaining({ whose: 'node' }) }))
    expect(daemon.upload(bob.token, 'has its own')).toMatch(/^art_/)
  })
})
