import type { Parsed } from '../../src/contract/index.ts'
import { MusterError } from '../../src/errors.ts'
import { LIMITS } from '../../src/limits.ts'
import { circleName, findPeer, type PeerRow, resolve } from '../peers/index.ts'
import type { Reader } from '../store/store.ts'
import { authorsOf, conflictOf } from './parts.ts'
import type { ReviewRow } from './rows.ts'

type Selection = NonNullable<Parsed<'reviews.assign'>['select']>

const EVERYBODY = { kind: 'admin', credentialId: 0 } as const

/**
 * Who is to review it: of those in its circle with the capability, whoever is there and owes the fewest.
 *
 * @throws MusterError `not_found`, with what speaks against each of those who have the capability
 */
export function chooseReviewer(reader: Reader, row: ReviewRow, { capability, otherRuntime }: Selection): PeerRow {
  const found = resolve(reader, EVERYBODY, `cap:${capability}@${circleName(reader, row.circle_id)}`, 'all')
  const runtimes = otherRuntime ? new Set(authorsOf(reader, row.id).map((id) => findPeer(reader, id)?.runtime)) : new Set()
  const against: string[] = []
  const able = found.filter((peer) => {
    const why = whyNot(reader, row, peer, runtimes)
    if (why !== undefined) against.push(`${peer.name} ${why}`)
    return why === undefined
  })
  const ranked = able.map((peer) => ({ peer, away: peer.presence === 'offline' ? 1 : 0, load: owedBy(reader, peer.id) }))
  ranked.sort((a, b) => a.away - b.away || a.load - b.load || a.peer.id - b.peer.id)
  const [best] = ranked
  if (best) return best.peer
  throw new MusterError('not_found', { hint: `Nobody with the capability ${capability} can: ${against.slice(0, LIMITS.maxCandidates).join('; ')}.` })
}

function whyNot(reader: Reader, row: ReviewRow, peer: PeerRow, runtimes: ReadonlySet<unknown>): string | undefined {
  if (peer.role === 'observer') return 'only looks'
  if (conflictOf(reader, row.id, peer.id) !== undefined) return 'had a part in it'
  return runtimes.has(peer.runtime) ? `has the runtime of an author, ${peer.runtime}` : undefined
}

/** How many reviews a peer was given and owes. */
function owedBy(reader: Reader, peerId: number): number {
  const sql = "SELECT count(*) AS n FROM reviews WHERE state = 'owed' AND assignee_id = ?"
  return reader.get<{ n: number }>(sql, peerId)?.n ?? 0
}
