import type { BoardTask, Priority, ThreadState } from '../../src/contract/index.ts'
import { LIMITS } from '../../src/limits.ts'
import { formatTime } from '../../src/time.ts'
import { hasGrant, refOf, timeOrNull } from '../peers/index.ts'
import type { Reader } from '../store/store.ts'
import { type BoardScope, findMessage, findThread, lastSaid, PRIORITIES, readTask, type ThreadRow, toProgress } from '../threads/index.ts'

/** An open ask, judged. */
export interface OpenTask {
  readonly row: ThreadRow
  readonly status: 'queued' | 'waiting' | 'in_progress'
  readonly startedAt: number | null
  readonly blockers: readonly Blocker[]
}

interface Blocker {
  readonly id: number
  readonly row: ThreadRow
}

/** What it is after and is not answered. What is gone ended long ago. */
function blockersOf(reader: Reader, { task }: ThreadRow): { readonly blockers: readonly Blocker[]; readonly freeAt: number } {
  let freeAt = 0
  const blockers: Blocker[] = []
  for (const id of task === null ? [] : (readTask(task).after ?? [])) {
    const row = findThread(reader, id)
    if (row && row.state !== 'answered') blockers.push({ id, row })
    freeAt = Math.max(freeAt, row?.closed_at ?? 0)
  }
  return { blockers, freeAt }
}

/** @param takenAt when its recipient took it up, or `null` */
export function judge(reader: Reader, row: ThreadRow, takenAt: number | null): OpenTask {
  if (takenAt === null) return { row, status: 'queued', startedAt: null, blockers: row.task === null ? [] : blockersOf(reader, row).blockers }
  const { blockers, freeAt } = blockersOf(reader, row)
  // Who says how far it is, is at work, whatever was thought to be in its way.
  if (blockers.length > 0 && row.progress === null) return { row, status: 'waiting', startedAt: null, blockers }
  return { row, status: 'in_progress', startedAt: blockers.length > 0 ? takenAt : Math.max(takenAt, freeAt), blockers: [] }
}

export function toOpenTask(reader: Reader, scope: BoardScope, { row, status, startedAt, blockers }: OpenTask): BoardTask {
  const said = status === 'in_progress' ? lastSaid(reader, row) : undefined
  const reported = row.progress === null ? undefined : findMessage(reader, row.progress)?.progress
  const progress = reported ? toProgress(reported) : undefined
  return {
    ...toTask(reader, row),
    status,
    startedAt: timeOrNull(startedAt),
    blockedBy: blockers.map(({ id, row: blocker }) => ({
      thread: reader.id('thread', id),
      name: isReadable(reader, scope, blocker) ? nameOf(reader, blocker) : null,
      state: blocker.state,
    })),
    progress: progress ? { done: progress.done ?? null, of: progress.of ?? null, step: progress.step ?? null } : null,
    said: said ? { message: reader.id('message', said.id), text: said.body.slice(0, LIMITS.maxBoardSaidChars), at: formatTime(said.at) } : null,
  }
}

export function toEndedTask(reader: Reader, row: ThreadRow): BoardTask {
  const status = row.state as Exclude<ThreadState, 'open' | 'notice'>
  return { ...toTask(reader, row), status, startedAt: null, blockedBy: [], progress: null, said: null }
}

function toTask(reader: Reader, row: ThreadRow): Omit<BoardTask, 'status' | 'startedAt' | 'blockedBy' | 'progress' | 'said'> {
  const to = refOf(reader, row.recipient_id)
  if (!to) throw new Error(`Thread ${row.id} is for nobody`)
  const task = row.task === null ? undefined : readTask(row.task)
  return {
    thread: reader.id('thread', row.id),
    title: task?.title ?? firstLine(reader, row),
    name: task?.name ?? null,
    ref: task?.ref ?? null,
    priority: PRIORITIES[row.priority - 1] as Priority,
    to,
    from: refOf(reader, row.opener_id),
    openedAt: formatTime(row.opened_at),
    endedAt: timeOrNull(row.closed_at),
    deadlineAt: timeOrNull(row.deadline_at),
    reason: row.reason,
    dependent: task?.after !== undefined,
  }
}

function nameOf(reader: Reader, row: ThreadRow): string {
  const task = row.task === null ? undefined : readTask(row.task)
  return task?.name ?? task?.title ?? firstLine(reader, row)
}

/** The first line of what an ask says that is not empty. */
function firstLine(reader: Reader, { head }: ThreadRow): string {
  const beginning = findMessage(reader, head)?.body.slice(0, LIMITS.maxBoardSaidChars) ?? ''
  return (
    beginning
      .split(/\r\n|[\n\r\u2028\u2029]/)
      .find((line) => line.trim() !== '')
      ?.trim() ?? ''
  )
}

function isReadable(reader: Reader, { self }: BoardScope, row: ThreadRow): boolean {
  return self === null || row.opener_id === self || row.recipient_id === self || hasGrant(reader, self, row.circle_id)
}
