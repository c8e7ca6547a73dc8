import { Readable } from 'node:stream'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { IncomingFile } from '../../../daemon/artifacts/index.ts'
import { LIMITS } from '../../../src/limits.ts'
import { MemoryContents } from '../../support/memory-contents.ts'
import { TestCore } from '../../support/test-core.ts'

/** A disk on which writing or keeping fails when a test says so. */
class FaultyContents extends MemoryContents {
  fault: { readonly at: 'write' | 'keep' | 'remove'; readonly code: string } | undefined
  discarded = 0

  override async create(): Promise<IncomingFile> {
    const file = await super.create()
    return {
      write: (bytes) => this.#meets('write') ?? file.write(bytes),
      keep: (sha256) => this.#meets('keep') ?? file.keep(sha256),
      discard: async () => {
        this.discarded += 1
        await file.discard()
      },
    }
  }

  override remove(sha256: string): void {
    if (this.fault?.at === 'remove') throw Object.assign(new Error('injected'), { code: this.fault.code })
    super.remove(sha256)
  }

  #meets(at: 'write' | 'keep'): Promise<never> | undefined {
    return this.fault?.at === at ? Promise.reject(Object.assign(new Error('injected'), { code: this.fault.code })) : undefined
  }
}

let contents: FaultyContents
let daemon: TestCore
beforeEach(async () => {
  contents = new FaultyContents()
  daemon = await TestCore.start({ contents })
})
afterEach(() => daemon.stop())

/** Uploads and lets the daemon commit; resolves or rejects as the door would. */
async function upload(token: string, body: Readable, size?: number): Promise<unknown> {
  const caller = daemon.core.gateway.authenticate(token)
  if (!caller) throw new Error('no caller')
  let ended = false
  const head = { name: 'x', mediaType: 'text/plain', ...(size !== undefined && { size }) }
  const outcome = daemon.core.gateway.artifacts.uploads.receive(caller, head, body).finally(() => {
    ended = true
  })
  outcome.catch(() => undefined)
  for (let turn = 0; turn < 1_000 && !ended; turn += 1) {
    await new Promise(setImmediate)
    daemon.clock.advance(0)
  }
  return outcome
}

const rows = () => daemon.rows('SELECT id FROM artifacts')

describe('an upload', () => {
  it.each([
    ['write', 'ENOSPC'],
    ['keep', 'ENOSPC'],
    ['write', 'EDQUOT'],
  ] as const)('meets a full disk at %s (%s) with the refusal of a full disk, and works again after it', async (at, code) => {
    const { token } = daemon.join('ada')
    contents.fault = { at, code }
    await expect(upload(token, Readable.from([Buffer.from('body')]))).rejects.toMatchObject({ code: 'read_only', retryable: true })
    expect([contents.kept.size, contents.discarded, rows()]).toEqual([0, 1, []])
    contents.fault = undefined
    await upload(token, Readable.from([Buffer.from('body')]))
    expect([contents.kept.size, rows().length]).toEqual([1, 1])
  })

  it('whose credential is revoked under it is refused, and leaves nothing', async () => {
    const { token, connection } = daemon.join('ada')
    const body = new Readable({ read: () => undefined })
    body.push('first half')
    const uploading = upload(token, body)
    const caller = connection.caller
    if (caller.kind !== 'peer') throw new Error('no peer')
    daemon.admin.call('credentials.revoke', { credential: daemon.core.store.id('credential', caller.credentialId) })
    body.push(null)
    await expect(uploading).rejects.toMatchObject({ code: 'unauthenticated' })
    expect([contents.kept.size, rows()]).toEqual([0, []])
  })

  it('that does not fit at its end leaves nothing, also where the content is another’s', async () => {
    const ada = daemon.join('ada')
    const bob = daemon.join('bob')
    await upload(bob.token, Readable.from([Buffer.from('shared')]))
    daemon.run('INSERT INTO artifact_room (peer_id, bytes) VALUES (?, ?)', daemon.number(ada.id), LIMITS.peerArtifactBytes - LIMITS.artifactBlockBytes)
    await expect(upload(ada.token, Readable.from([Buffer.alloc(LIMITS.artifactBlockBytes + 1)]))).rejects.toMatchObject({ code: 'quota_exceeded' })
    expect([contents.kept.size, rows().length]).toEqual([1, 1])
    await expect(upload(ada.token, Readable.from([Buffer.from('shared')]))).resolves.toMatchObject({ size: 6 })
    await expect(upload(ada.token, Readable.from([Buffer.from('other')]))).rejects.toMatchObject({ code: 'quota_exceeded' })
    expect([...contents.kept.values()].map(String)).toEqual(['shared'])
  })

  it('reserves its room while it is under way', async () => {
    const { token, id } = daemon.join('ada')
    daemon.run('INSERT INTO artifact_room (peer_id, bytes) VALUES (?, ?)', daemon.number(id), LIMITS.peerArtifactBytes - LIMITS.maxArtifactBytes)
    const slow = new Readable({ read: () => undefined })
    slow.push('x')
    const first = upload(token, slow)
    await expect(upload(token, Readable.from([Buffer.from('second')]), 6)).rejects.toMatchObject({ code: 'quota_exceeded' })
    slow.push(null)
    await first
    await upload(token, Readable.from([Buffer.from('second')]), 6)
    expect(rows()).toHaveLength(2)
  })

  it('is not for who only looks', async () => {
    const { token } = daemon.join('eve', { role: 'observer' })
    await expect(upload(token, Readable.from([Buffer.from('body')]))).rejects.toMatchObject({ code: 'forbidden' })
  })

  it('of what is being dropped keeps the content', async () => {
    const ada = daemon.join('ada')
    const bob = daemon.join('bob')
    await upload(ada.token, Readable.from([Buffer.from('shared')]))
    const body = new Readable({ read: () => undefined })
    body.push('shared')
    const uploading = upload(bob.token, body)
    body.push(null)
    // Kept on the disk, and its row not yet committed, when the last row that named it goes.
    daemon.run('UPDATE artifacts SET drop_at = 0')
    daemon.pass(2 * 3_600_000)
    await uploading
    expect(rows()).toHaveLength(1)
    expect([...contents.kept.values()].map(String)).toEqual(['shared'])
  })
})

describe('a content that cannot be taken away', () => {
  it('is taken by a later sweep', async () => {
    const { token } = daemon.join('ada')
    await upload(token, Readable.from([Buffer.from('body')]))
    contents.fault = { at: 'remove', code: 'EIO' }
    daemon.pass(LIMITS.looseUploadMs + 2 * 3_600_000)
    expect([contents.kept.size, rows()]).toEqual([1, []])
    expect(daemon.errors).toHaveLength(1)
    contents.fault = undefined
    daemon.pass(86_400_000)
    await expect.poll(() => contents.kept.size).toBe(0)
  })
})
