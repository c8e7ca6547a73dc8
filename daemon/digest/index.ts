/** The digest: what needs a caller, and what has changed since it last looked. */
import type { Scan } from '../caller.ts'
import { rangeSince } from '../events/changes.ts'
import { countWaiting } from '../threads/index.ts'
import { changesIn } from './changes.ts'
import { markOf } from './marks.ts'
import { needsOf } from './needs.ts'

export { seenDigest } from './marks.ts'

/** How far back the first one looks. */
const FIRST_MS = 86_400_000

export const digestOf: Scan<'digest.get'> = (reader, caller, input, now) => {
  const since = input.since ?? markOf(reader, caller)
  const range = rangeSince(reader, since)
  const { changed, ended } = changesIn(reader, caller, range, since === undefined ? now - FIRST_MS : 0)
  const needs = needsOf(reader, caller, ended, now)
  return {
    cursor: reader.cursor(range.last),
    since: reader.cursor(range.after),
    expired: range.expired,
    waiting: caller.kind === 'peer' ? countWaiting(reader, caller.peerId) : 0,
    needsYou: needs.slice(0, input.limit),
    needs: needs.length,
    changed,
    complete: range.complete,
  }
}
