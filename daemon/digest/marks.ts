import { MusterError } from '../../src/errors.ts'
import { decodeCursor } from '../../src/ids.ts'
import type { Caller, Command } from '../caller.ts'
import { seqOf } from '../events/events.ts'
import type { Reader } from '../store/store.ts'

/** The cursor up to which a caller has read, as it said itself. */
export function markOf(reader: Reader, caller: Caller): string | undefined {
  return reader.get<{ cursor: string }>('SELECT cursor FROM digest_marks WHERE actor = ?', actorOf(caller))?.cursor
}

export const seenDigest: Command<'digest.seen'> = {
  run(tx, caller, { cursor }) {
    const { store } = tx
    const seq = seqOf(store, cursor, store.last('event'))
    const before = decodeCursor(markOf(tx, caller) ?? '')
    // What has been read stays so: an older digest that arrives later takes nothing back.
    if (before?.tag === store.tag && before.seq >= seq) return { cursor: store.cursor(before.seq) }
    tx.run('INSERT OR REPLACE INTO digest_marks (actor, cursor, at) VALUES (?, ?, ?)', actorOf(caller), cursor, tx.now)
    return { cursor }
  },
}

/** A peer, or an administrator's credential by its negative number. */
function actorOf(caller: Caller): number {
  if (caller.kind === 'peer') return caller.peerId
  if (caller.kind === 'admin') return -caller.credentialId
  throw new MusterError('forbidden', { hint: "Use a peer's or the administrator's credential." })
}
