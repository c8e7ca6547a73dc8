import { randomBytes } from 'node:crypto'
import { mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Answer, connect, type Input, type Message, type MusterPeer } from '../../client/index.ts'
import { LIMITS } from '../../src/limits.ts'
import { CliHome } from '../support/cli-process.ts'

let home: CliHome
let url: string
let enrolment: string
let work: string
const peers: MusterPeer[] = []

beforeAll(async () => {
  home = await CliHome.make()
  url = (await home.json<{ url: string }>(['up'])).url
  enrolment = (await readFile(home.paths.enrolmentToken, 'utf8')).trim()
  work = join(home.folder, 'work')
  mkdirSync(work)
})
afterAll(async () => {
  for (const peer of peers) await peer.close()
  await home.remove()
})

async function peerOf(options: Parameters<typeof connect>[0]): Promise<MusterPeer> {
  const stored = new Map<string, string>()
  const credentials = { load: async () => stored.get('token'), save: async (token: string) => void stored.set('token', token) }
  const peer = await connect({ url, enrolment, credentials, ...options })
  peers.push(peer)
  return peer
}

const inWork = (name: string, content: string | Buffer): string => {
  const path = join(work, name)
  writeFileSync(path, content)
  return path
}

describe('the SDK', () => {
  it('sends files with an ask, gets others with the answer, and forwards what it was sent', async () => {
    const bytes = randomBytes(300_000)
    const path = inWork('photo.bin', bytes)
    const forwarded: Message[] = []
    await peerOf({ name: 'third', onNotify: (_body, { message }) => void forwarded.push(message) })
    await peerOf({
      name: 'helper',
      onAsk: async (_body, context) => {
        const [photo, note] = context.attachments
        if (!photo || !note) throw new Error('no files')
        const { stream, size, mediaType } = await context.open(note)
        const mine = await context.attach({ name: 'summary.txt', type: 'text/plain', data: `${size} ${mediaType} ${await text(stream)}` })
        await context.notify('third', 'have a look', { attachments: [photo] })
        await context.reply('half done', { attachments: [mine.id] })
        return new Answer('done', [mine])
      },
    })
    const asker = await peerOf({ name: 'asker' })
    const answer = await asker.ask('helper', 'look at these', { attachments: [{ path }, { name: 'note.md', type: 'text/markdown', data: 'a note' }] })
    expect(answer.attachments).toMatchObject([{ name: 'summary.txt', mediaType: 'text/plain' }])
    expect(await text((await asker.open(answer.attachments[0] as { id: string })).stream)).toBe('6 text/markdown a note')
    await expect.poll(() => forwarded.length).toBe(1)
    const photo = forwarded[0]?.attachments[0]
    expect(photo).toMatchObject({ name: 'photo.bin', size: bytes.length })
    const third = peers[0] as MusterPeer
    await third.download(photo as { id: string }, join(work, 'copy.bin'))
    expect(readFileSync(join(work, 'copy.bin')).equals(bytes)).toBe(true)
    await expect(third.download(photo as { id: string }, path)).rejects.toMatchObject({ code: 'EEXIST' })
    await expect(asker.open(photo as { id: string })).rejects.toMatchObject({ code: 'not_found' })
  })

  it('takes what comes as it is made, and says what is too large before it sends it', async () => {
    const peer = await peerOf({ name: 'maker' })
    async function* lines() {
      for (let line = 0; line < 3; line += 1) yield Buffer.from(`line ${line}\n`)
    }
    expect(await peer.attach({ name: 'log.txt', data: lines() })).toMatchObject({ name: 'log.txt', size: 21, mediaType: 'application/octet-stream' })
    await expect(peer.attach({ name: 'x', data: new Uint8Array(LIMITS.maxArtifactBytes + 1) })).rejects.toMatchObject({ code: 'too_large' })
    await expect(peer.attach(join(work, 'nowhere'))).rejects.toMatchObject({ code: 'ENOENT' })
    await expect(peer.attach(work)).rejects.toThrow('Expected a file')
    await expect(peer.attach({ name: '../x', data: 'x' })).rejects.toMatchObject({ code: 'invalid_input' })
  })
})

describe('the command line', () => {
  const as = (name: string) => ['--as', name]

  it('sends files with an ask, a notify and an answer, and gets them into a file and into a pipe', async () => {
    await home.runHere(['inbox', '--peek', ...as('ann')])
    await home.runHere(['inbox', '--peek', ...as('ben')])
    const bytes = randomBytes(100_000)
    const [trace, other] = [inWork('trace.log', 'a trace\n'), inWork('data.bin', bytes)]
    const asked = await home.runHere(['ask', 'ben', 'why?', '--attach', trace, '--attach', other, '--no-wait', ...as('ann')])
    expect(asked).toMatchObject({ exit: 0, stderr: '' })
    const inbox = await home.runHere(['inbox', ...as('ben')])
    const ids = [...inbox.stdout.matchAll(/muster attachment get (att_\w+)/g)].map(([, id]) => id as string)
    expect(inbox.stdout).toContain('[trace.log, 8 bytes of application/octet-stream]')
    expect(ids).toHaveLength(2)
    const out = join(work, 'got.bin')
    const got = await home.runHere(['attachment', 'get', ids[1] as string, '--out', out, ...as('ben')])
    expect(got).toMatchObject({ exit: 0, stdout: `Wrote 100,000 bytes to ${out}.\n` })
    expect(readFileSync(out).equals(bytes)).toBe(true)
    expect((await home.runHere(['attachment', 'get', ids[0] as string, ...as('ben')])).stdout).toBe('a trace\n')
    const thread = asked.stdout.trim()
    expect(await home.runHere(['answer', thread, 'see', '--attach', ids[1] as string, ...as('ben')])).toMatchObject({ exit: 0 })
    const { items } = await home.json<{ items: { message: Message }[] }>(['inbox', ...as('ann')])
    expect(items[0]?.message.attachments).toMatchObject([{ name: 'data.bin', size: 100_000 }])
    const listed = await home.runHere(['attachment', 'list', ...as('ann')])
    expect(listed.stdout).toMatch(/trace\.log .* 8 .* 1 +-/)
    expect(listed.stderr).toMatch(/106,496 of 1,073,741,824 bytes are taken/)
  })

  it('writes to the path that it is given and to no other', async () => {
    const sender = await peerOf({ name: 'sender' })
    await home.runHere(['inbox', '--peek', ...as('cat')])
    const input: Input<'threads.notify'> = { to: 'cat', body: 'x', attachments: [(await sender.attach({ name: '.bashrc', data: 'rm -rf' })).id] }
    await sender.call('threads.notify', input)
    const { items } = await home.json<{ items: { message: Message }[] }>(['inbox', ...as('cat')])
    const id = items[0]?.message.attachments[0]?.id as string
    const before = readdirSync(work)
    const target = join(work, 'target')
    symlinkSync(join(work, 'elsewhere'), target)
    for (const [path, exit] of [
      [inWork('mine', 'precious'), 5],
      [target, 5],
      [work, 5],
      [join(work, 'no', 'folder'), 1],
    ] as const)
      expect([path, (await home.runHere(['attachment', 'get', id, '--out', path, ...as('cat')])).exit]).toEqual([path, exit])
    expect(readFileSync(join(work, 'mine'), 'utf8')).toBe('precious')
    expect(
      readdirSync(work)
        .filter((name) => !before.includes(name))
        .sort(),
    ).toEqual(['mine', 'target'])
    expect(readdirSync(home.folder)).not.toContain('.bashrc')
  })

  it('says what is wrong, before anybody joins or anything is sent', async () => {
    const run = async (...args: string[]) => {
      const { exit, stderr } = await home.runHere([...args, ...as('ann')])
      return [exit, stderr]
    }
    expect(await run('notify', 'ben', 'x', '--attach', join(work, 'nowhere'))).toEqual([4, expect.stringContaining('there is no file')])
    expect(await run('notify', 'ben', 'x', '--attach', work)).toEqual([expect.any(Number), expect.stringContaining('Expected a file')])
    expect(await run('notify', 'ben', 'x', '--attach', 'att_k7qm2x4')).toEqual([4, expect.stringContaining('nothing of that name')])
    expect(await run('attachment', 'get', 'msg_k7qm2x4')).toEqual([64, expect.stringContaining('is no id of a attachment')])
    expect(await run('attachment', 'get', 'att_k7qm2x4', '--out', join(work, 'y'))).toEqual([4, expect.stringContaining('nothing of that name')])
    expect(await run('attachment', 'gte')).toEqual([64, expect.stringContaining('muster attachment get')])
    expect(readdirSync(work)).not.toContain('y')
  })
})
