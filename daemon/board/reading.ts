import type { BoardNeed, Output } from '../../src/contract/index.ts'
import { LIMITS } from '../../src/limits.ts'
import { formatTime, parseTime } from '../../src/time.ts'
import type { Caller, Query } from '../caller.ts'
import type { Clock } from '../clock.ts'
import { cardOfThread, contentOf, rankedCards, requestersOf } from '../decisions/index.ts'
import { activePeers, circleName, ownService, refOf, visibleCircle } from '../peers/index.ts'
import type { Reader } from '../store/store.ts'
import { type BoardScope, endedAsksOf, openAsksOf, type ThreadRow } from '../threads/index.ts'
import { judge, type OpenTask, toEndedTask, toOpenTask } from './tasks.ts'

/** How far back an ended task is shown where nobody says. */
const ENDED_MS = 86_400_000
const DEFAULT_CIRCLE = 'main'
const ADMIN: Caller = { kind: 'admin', credentialId: 0 }

export interface BoardReading {
  readonly clock: Pick<Clock, 'wallMs'>
  /** When the recipient of an ask took it up. */
  readonly takenUpAt: (reader: Reader, thread: ThreadRow) => number | null
}

export function createBoardReading({ clock, takenUpAt }: BoardReading): Query<'board.get'> {
  return (reader, caller, input): Output<'board.get'> => {
    const now = clock.wallMs()
    // The service that writes dashboard files reads what an administrator does, in whatever circle it was told to.
    const viewer = caller.kind === 'peer' && caller.peerId === ownService(reader, 'views') ? ADMIN : caller
    const circle = circleOf(reader, viewer, input.circle)
    const scope: BoardScope = { self: viewer.kind === 'peer' ? viewer.peerId : null, circle }
    const peers = activePeers(reader, circle, LIMITS.maxExamined)
    const open = openAsksOf(reader, scope, peers)
    const isForPerson = ({ recipient_id }: ThreadRow) => refOf(reader, recipient_id)?.role === 'person'
    const asks = open.asks.filter((row) => !isForPerson(row)).map((row) => judge(reader, row, takenUpAt(reader, row)))
    const active = asks.filter(({ status }) => status === 'in_progress').sort(byStart)
    const pending = asks.filter(({ status }) => status !== 'in_progress').sort(byTurn)
    const since = input.since === undefined ? now - ENDED_MS : (parseTime(input.since) as number)
    const closed = endedAsksOf(reader, scope, since)
    const ended = closed.asks.filter((row) => !isForPerson(row)).sort((a, b) => (b.closed_at ?? 0) - (a.closed_at ?? 0) || b.id - a.id)
    const needs = needsOf(reader, viewer, circle, { asks: open.asks.filter(isForPerson), now })
    const show = (task: OpenTask) => toOpenTask(reader, scope, task)
    return {
      circle: circleName(reader, circle) ?? '',
      at: formatTime(now),
      needs: needs.slice(0, input.limit),
      active: active.slice(0, input.limit).map(show),
      pending: pending.slice(0, input.limit).map(show),
      ended: ended.slice(0, input.limit).map((row) => toEndedTask(reader, row)),
      counts: { needs: needs.length, active: active.length, pending: pending.length, ended: ended.length },
      complete: open.complete && closed.complete && peers.length < LIMITS.maxExamined,
    }
  }
}

/** @throws MusterError `not_found` for a circle that the caller does not see into */
function circleOf(reader: Reader, caller: Caller, name: string | undefined): number {
  return name === undefined && caller.kind === 'peer' ? caller.circleId : visibleCircle(reader, caller, name ?? DEFAULT_CIRCLE)
}

function byStart(a: OpenTask, b: OpenTask): number {
  return (a.startedAt ?? 0) - (b.startedAt ?? 0) || a.row.id - b.row.id
}

/** As mailboxes offer them. */
function byTurn(a: OpenTask, b: OpenTask): number {
  return a.row.priority - b.row.priority || a.row.id - b.row.id
}

/** Cards by what waiting costs, then what people were asked without one, the oldest first. */
function needsOf(reader: Reader, caller: Caller, circle: number, { asks, now }: { readonly asks: readonly ThreadRow[]; readonly now: number }): BoardNeed[] {
  const cards = rankedCards(reader, caller, now)
    .filter(({ row }) => row.circle_id === circle)
    .map(({ row }): BoardNeed => {
      const from = requestersOf(reader, row.id).flatMap(({ peer_id }) => refOf(reader, peer_id) ?? [])
      return { kind: 'card', id: reader.id('decision', row.id), from, to: null, says: contentOf(row).question, at: formatTime(row.raised_at) }
    })
  const plain = asks
    .filter(({ id }) => !cardOfThread(reader, id))
    .sort((a, b) => a.id - b.id)
    .map((row): BoardNeed => {
      const { thread, from, to, title, openedAt } = toEndedTask(reader, row)
      return { kind: 'ask', id: thread, from: from ? [from] : [], to, says: title, at: openedAt }
    })
  return [...cards, ...plain]
}
