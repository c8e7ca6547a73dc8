import { LIMITS } from '../../src/limits.ts'
import type { Reader } from '../store/store.ts'

/**
 * A peer with all that spawned it and all that it spawned, directly or not. What spawned a peer was written down when it registered, by the credential
 * that it registered with, and never changes.
 */
export function lineageOf(reader: Reader, peerId: number): ReadonlySet<number> {
  const found = new Set([peerId])
  for (let parent = parentOf(reader, peerId); parent !== null && !found.has(parent) && found.size < LIMITS.maxLineage; parent = parentOf(reader, parent)) {
    found.add(parent)
  }
  const descendants = reader.all<{ id: number }>(
    `WITH RECURSIVE spawned (id) AS (SELECT id FROM peers WHERE spawned_by = @peer UNION SELECT p.id FROM peers p JOIN spawned s ON p.spawned_by = s.id LIMIT @limit)
     SELECT id FROM spawned`,
    { peer: peerId, limit: LIMITS.maxExamined },
  )
  for (const { id } of descendants) found.add(id)
  return found
}

function parentOf(reader: Reader, peerId: number): number | null {
  return reader.get<{ spawned_by: number | null }>('SELECT spawned_by FROM peers WHERE id = ?', peerId)?.spawned_by ?? null
}

/** Whether one of two peers spawned the other, directly or not, or they are the same. It walks up only, however many either has spawned. */
export function areRelated(reader: Reader, a: number, b: number): boolean {
  return descendsFrom(reader, a, b) || descendsFrom(reader, b, a)
}

function descendsFrom(reader: Reader, peerId: number, ancestor: number): boolean {
  // A parent is registered before its children, so numbers fall on the way up and there is no circle.
  for (let at: number | null = peerId; at !== null && at >= ancestor; at = parentOf(reader, at)) if (at === ancestor) return true
  return false
}
