import { isDeepStrictEqual } from 'node:util'
import type { Output } from '../../src/contract/index.ts'
import { MusterError } from '../../src/errors.ts'
import type { Command } from '../caller.ts'
import { instantsOf, isZone, plusDays, wallAt } from '../schedules/index.ts'
import type { Reader } from '../store/store.ts'
import type { DecisionDeps } from './deps.ts'
import { asPerson } from './people.ts'

interface QuietRow {
  readonly from_at: number
  readonly to_at: number
  readonly zone: string
}

type Quiet = Output<'decisions.queue'>['quiet']

function findQuiet(reader: Reader, peerId: number): QuietRow | undefined {
  return reader.get<QuietRow>('SELECT from_at, to_at, zone FROM quiet_hours WHERE peer_id = ?', peerId)
}

export function quietOf(reader: Reader, peerId: number): Quiet {
  const row = findQuiet(reader, peerId)
  return row ? { from: clockOf(row.from_at), to: clockOf(row.to_at), zone: row.zone } : null
}

/** When a person's quiet hours end, or `undefined` outside of them. */
export function quietUntil(reader: Reader, peerId: number, now: number): number | undefined {
  const row = findQuiet(reader, peerId)
  return row && endOfQuiet(row, now)
}

const MINUTE_MS = 60_000

/** Between two times of the day, which may lie on both sides of midnight. */
export function endOfQuiet({ from_at, to_at, zone }: QuietRow, now: number): number | undefined {
  const wall = wallAt(now, zone)
  const minute = wall.hour * 60 + wall.minute
  const overnight = from_at > to_at
  const isQuiet = overnight ? minute >= from_at || minute < to_at : minute >= from_at && minute < to_at
  if (!isQuiet) return undefined
  const day = overnight && minute >= from_at ? plusDays(wall, 1) : wall
  const ends = instantsOf({ ...day, hour: Math.floor(to_at / 60), minute: to_at % 60 }, zone)
  // Where clocks are put forward over it, it is looked at again every quarter of an hour.
  return ends.find((at) => at > now) ?? now + 15 * MINUTE_MS
}

export function createQuiet(deps: Pick<DecisionDeps, 'zone'>): Command<'decisions.quiet'> {
  return {
    run(tx, caller, { from, to, zone = deps.zone }) {
      const { peerId, circleId } = asPerson(caller)
      const before = quietOf(tx, peerId)
      tx.run('DELETE FROM quiet_hours WHERE peer_id = ?', peerId)
      if (from !== undefined && to !== undefined) {
        if (!isZone(zone)) throw new MusterError('invalid_input', { field: 'zone', hint: 'Expected an IANA zone like Europe/Berlin.' })
        tx.run('INSERT INTO quiet_hours (peer_id, from_at, to_at, zone) VALUES (?, ?, ?, ?)', peerId, minuteOf(from), minuteOf(to), zone)
      }
      // What was held back by the hours of before is looked at anew.
      tx.run('UPDATE decision_mail SET due_at = ? WHERE peer_id = ? AND due_at IS NOT NULL', tx.now, peerId)
      const quiet = quietOf(tx, peerId)
      if (!isDeepStrictEqual(quiet, before)) {
        tx.event({ type: 'quiet.set', actor: peerId, circle: circleId, audience: 'admin', subject: ['peer', peerId], changed: { quiet } })
      }
      return { quiet }
    },
  }
}

function minuteOf(clock: string): number {
  return Number(clock.slice(0, 2)) * 60 + Number(clock.slice(3))
}

function clockOf(minute: number): string {
  return [Math.floor(minute / 60), minute % 60].map((part) => String(part).padStart(2, '0')).join(':')
}
