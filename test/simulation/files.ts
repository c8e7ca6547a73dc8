import { createHash } from 'node:crypto'
import { storeArtifact } from '../../daemon/artifacts/keeping.ts'
import { bytesOnDisk } from '../../daemon/artifacts/room.ts'
import type { Actor } from './actor.ts'
import type { World } from './world.ts'

/**
 * An upload, from the moment in which its content is on the disk: what comes before that is no matter of the database. Few
 * contents, so that they meet each other; now and then the process dies before the row is committed.
 */
export function upload(world: World, actor: Actor): void {
  const { random, life, contents } = world
  const caller = actor.link && life?.core.gateway.authenticate(actor.link.token)
  if (!life || life.dead || caller?.kind !== 'peer') return
  const { artifacts, pipeline, store } = life.core
  const bytes = Buffer.from(`content ${random.between(1, 5)}`.padEnd(random.pick([20, 5_000]) ?? 20, '.'))
  const sha256 = createHash('sha256').update(bytes).digest('hex')
  artifacts.contents.hold(sha256)
  contents.kept.set(sha256, bytes)
  const draft = {
    uploaderId: caller.peerId,
    circleId: caller.circleId,
    sha256,
    name: `file ${random.between(1, 3)}`,
    mediaType: 'text/plain',
    size: bytes.length,
  }
  pipeline.submit(
    (tx) => storeArtifact(tx, draft).id,
    (outcome) => {
      artifacts.contents.release(sha256)
      if (outcome.ok) actor.knowsFile(store.id('artifact', outcome.value))
    },
  )
  if (random.chance(0.3)) pipeline.submit(artifacts.purge, () => undefined)
}

/** What a send carries: mostly nothing, now and then what the sender may not read, or what is gone. */
export function attached(world: World, actor: Actor): { attachments?: string[] } {
  const { random } = world
  if (!random.chance(0.3)) return {}
  const own = random.shuffle(actor.files).slice(0, random.between(1, 3))
  const other = random.chance(0.1) ? random.pick(random.pick(world.peers)?.files ?? []) : undefined
  const ids = [...new Set([...own, ...(other === undefined ? [] : [other])])]
  return ids.length === 0 ? {} : { attachments: ids }
}

interface Count {
  readonly id: number
  readonly said: number
  readonly found: number
}

/** What must hold of files whenever a process begins or has come to rest, whatever happened to the one before. */
export function checkFiles(world: World): void {
  const { witness, contents } = world
  const fail = (what: string, { id, said, found }: Count) => world.fail(`${what} ${id} says ${said}, and there are ${found}`)
  for (const { id, sha256 } of witness.all<{ id: number; sha256: string }>('SELECT id, sha256 FROM artifacts'))
    if (!contents.kept.has(sha256)) world.fail(`artifact ${id} has lost its content`)
  const carried = witness.all<Count>(
    `SELECT a.id, a.carried AS said, coalesce(n, 0) AS found FROM artifacts a
     LEFT JOIN (SELECT artifact_id, count(*) AS n FROM attachments GROUP BY artifact_id) ON artifact_id = a.id WHERE a.carried <> coalesce(n, 0)`,
  )
  for (const count of carried) fail('artifact', count)
  const messages = witness.all<Count>(
    `SELECT m.id, m.attached AS said, coalesce(n, 0) AS found FROM messages m
     LEFT JOIN (SELECT message_id, count(*) AS n FROM attachments GROUP BY message_id) ON message_id = m.id WHERE m.attached <> coalesce(n, 0)`,
  )
  for (const count of messages) fail('message', count)
  for (const { id } of witness.all<{ id: number }>(
    'SELECT id FROM attachments t WHERE NOT EXISTS (SELECT 1 FROM artifacts a WHERE a.id = t.artifact_id) OR NOT EXISTS (SELECT 1 FROM messages m WHERE m.id = t.message_id)',
  ))
    world.fail(`attachment ${id} carries nothing, or is carried by nothing`)
  checkRoom(world)
}

function checkRoom(world: World): void {
  const used = new Map<number, number>()
  for (const { uploader_id, size } of world.witness.all<{ uploader_id: number; size: number }>('SELECT uploader_id, size FROM artifacts'))
    used.set(uploader_id, (used.get(uploader_id) ?? 0) + bytesOnDisk(size))
  const said = new Map(world.witness.all<{ peer_id: number; bytes: number }>('SELECT * FROM artifact_room').map(({ peer_id, bytes }) => [peer_id, bytes]))
  for (const peer of new Set([...used.keys(), ...said.keys()]))
    if (used.get(peer) !== said.get(peer)) world.fail(`the uploads of peer ${peer} take ${used.get(peer)} bytes, and ${said.get(peer)} are written down`)
}

/** At the end: every message carries what its sender gave it, however often it was sent, and no content is left that nothing names. */
export async function checkFilesAtEnd(world: World): Promise<void> {
  checkFiles(world)
  const rows = world.witness.all<{ id: number; attached: number; redacted_at: number | null }>('SELECT id, attached, redacted_at FROM messages')
  const stored = new Map(rows.map((row) => [row.id, row]))
  for (const { params, effects, method } of world.witness.ledger.intents.values()) {
    const expected = (params['attachments'] as string[] | undefined)?.length ?? 0
    for (const id of effects) {
      const message = stored.get(id)
      const carries = message?.redacted_at === null ? expected : 0
      if (message && message.attached !== carries) world.fail(`message ${id} of ${method} was to carry ${carries} files, and carries ${message.attached}`)
    }
  }
  await world.life?.core.artifacts.contents.sweep()
  const named = new Set(world.witness.all<{ sha256: string }>('SELECT sha256 FROM artifacts').map(({ sha256 }) => sha256))
  for (const sha256 of world.contents.kept.keys()) if (!named.has(sha256)) world.fail(`content ${sha256.slice(0, 8)} is left, and nothing names it`)
}
