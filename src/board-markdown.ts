import type { BoardNeed, BoardTask, Output, PeerRef } from './contract/index.ts'
import { clipLine } from './tools/plain-text.ts'

export type Board = Output<'board.get'>

/** The first line of a dashboard file, by which one of ours is known. */
export const TITLE = '# Orchestrator Dashboard'
/** The line behind which everything is the user's. */
export const NOTES_HEADING = '## User Notes'
/** What stands there until the user writes something. */
export const NO_NOTES = '(Space for user to add context/priorities)'

/** Of the pending tasks the Quick Status shows so many: what comes next. */
const NEXT = 2
const MAX_TITLE = 80
const MAX_STEP = 120
const MAX_SAID = 200
const MINUTE_MS = 60_000
const HOUR_MS = 3_600_000
const DAY_MS = 86_400_000

/** A board as Markdown, up to the user notes and without them. It ends with a newline. */
export function boardMarkdown(board: Board): string {
  const now = Date.parse(board.at)
  const { needs, active, pending, ended, counts } = board
  const sections = [
    TITLE,
    ...(needs.length === 0
      ? []
      : [
          '## Needs You',
          list(
            needs.map((need, index) => `${index + 1}. ${needLine(need, now)}`),
            counts.needs,
          ),
        ]),
    '## Quick Status',
    quickStatus(board),
    ...active.map((task) => activeBlock(task, now)),
    ...(counts.active > active.length ? [more(counts.active - active.length)] : []),
    '## Pending Queue',
    list(
      pending.map((task, index) => `${index + 1}. ${pendingLine(task)}`),
      counts.pending,
    ) || '(empty)',
    '## Completed Today',
    list(
      ended.map((task) => `- ${endedLine(task, now)}`),
      counts.ended,
    ) || '(nothing yet)',
    ...(board.complete ? [] : ['(There may be more than could be looked at.)']),
  ]
  return `${sections.join('\n\n')}\n`
}

/** When the words of a board change by themselves, as its ages grow: `undefined` where it shows none. */
export function nextAgeAt({ needs, active, ended }: Pick<Board, 'needs' | 'active' | 'ended'>, now: number): number | undefined {
  const instants = [...needs.map(({ at }) => at), ...active.map(({ startedAt }) => startedAt), ...ended.map(({ endedAt }) => endedAt)]
  const changes = instants.flatMap((instant) => {
    if (instant === null) return []
    const age = Math.max(0, now - Date.parse(instant))
    const unit = age < HOUR_MS ? MINUTE_MS : age < DAY_MS ? HOUR_MS : DAY_MS
    return now + unit - (age % unit)
  })
  return changes.length === 0 ? undefined : Math.min(...changes)
}

function quickStatus({ active, pending }: Board): string {
  const rows = [...active, ...pending.slice(0, NEXT)].map((task) => [titleOf(task), task.to.name, task.status.toUpperCase(), progressOf(task)])
  return rows.length === 0 ? '(nothing is open)' : table([['Task', 'Agent', 'Status', 'Progress'], ...rows])
}

function table([head = [], ...rows]: readonly (readonly string[])[]): string {
  const widths = head.map((title, column) => Math.max(lengthOf(title), ...rows.map((row) => lengthOf(row[column] ?? ''))))
  const line = (cells: readonly string[]) => `| ${cells.map((cell, column) => cell + ' '.repeat((widths[column] ?? 0) - lengthOf(cell))).join(' | ')} |`
  return [line(head), line(widths.map((width) => '-'.repeat(width))), ...rows.map(line)].join('\n')
}

function progressOf({ status, progress, blockedBy }: BoardTask): string {
  if (status === 'waiting')
    return blockedBy
      .map(({ name, thread, state }) => `${state === 'open' ? 'blocked on ' : ''}${inline(name ?? thread, MAX_TITLE)}${state === 'open' ? '' : ` ${state}`}`)
      .join(', ')
  if (status !== 'in_progress' || progress?.done == null) return '-'
  return progress.of === null ? `${progress.done} steps` : `${progress.done}/${progress.of} steps`
}

function activeBlock(task: BoardTask, now: number): string {
  const { to, ref, thread, startedAt, progress, said } = task
  return [
    `## Active Task: ${titleOf(task)}\n`,
    `**Agent**: ${to.name} (task_id: ${inline(ref ?? thread, MAX_TITLE)})`,
    `**Started**: ${ageOf(startedAt, now)}`,
    `**Current Step**: ${progress?.step == null ? '-' : inline(progress.step, MAX_STEP)}`,
    `**Recent Output**: ${said === null ? '-' : `"${inline(said.text, MAX_SAID).replaceAll('"', "'")}"`}`,
  ].join('\n')
}

function pendingLine(task: BoardTask): string {
  const after = task.blockedBy.map(({ name, thread, state }) => `${inline(name ?? thread, MAX_TITLE)}${state === 'open' ? '' : `, ${state}`}`)
  return `${titleOf(task)} (${after.length > 0 ? `depends on: ${after.join(', ')}` : task.dependent ? 'ready' : 'independent'})`
}

function endedLine(task: BoardTask, now: number): string {
  const { status, to, endedAt, reason } = task
  if (status === 'answered') return `[x] ${titleOf(task)} (${to.name}) - ${ageOf(endedAt, now)}`
  return `[ ] ${titleOf(task)} (${to.name}) - ${status} ${ageOf(endedAt, now)}${reason ? `: ${inline(reason, MAX_STEP)}` : ''}`
}

function needLine({ id, from, to, says, at }: BoardNeed, now: number): string {
  const names = (peers: readonly PeerRef[]) => peers.map(({ name }) => name).join(', ')
  const who = [...(from.length > 0 ? [`from ${names(from)}`] : []), ...(to ? [`to ${to.name}`] : [])].join(' ')
  return `${inline(says, MAX_SAID)} (${[id, who].filter((part) => part !== '').join(', ')}) - ${ageOf(at, now)}`
}

function titleOf({ title, thread }: BoardTask): string {
  return inline(title, MAX_TITLE) || thread
}

function list(lines: readonly string[], count: number): string {
  return [...lines, ...(count > lines.length ? ['', more(count - lines.length)] : [])].join('\n')
}

function more(count: number): string {
  return `(and ${count} more)`
}

function ageOf(instant: string | null, now: number): string {
  if (instant === null) return '-'
  const age = Math.max(0, now - Date.parse(instant))
  if (age < MINUTE_MS) return 'just now'
  if (age < HOUR_MS) return `${Math.floor(age / MINUTE_MS)} min ago`
  return age < DAY_MS ? `${Math.floor(age / HOUR_MS)} h ago` : `${Math.floor(age / DAY_MS)} d ago`
}

/**
 * What Markdown, a table or HTML would take for more than a character. `_` counts at the edge of a word only, so that names of files stay as they are. An address
 * becomes a link by itself on most readers (https://github.github.com/gfm/#autolinks-extension-), by these signs.
 */
const ACTIVE = /[\\`*[\]<>|~@]|:(?=\/\/)|(?<=www)\.|&(?=[#A-Za-z])|(?<![\p{L}\p{N}])_|_(?![\p{L}\p{N}])|(?<=^|\s)#+|#+$/giu
/** What begins a list, a quotation or a heading where a line does. */
const LEADING = /^(?=[-+=])|^(\d{1,9})(?=[.)])/

/** Text of a peer on one line that can be nothing but text. */
function inline(text: string, maxChars: number): string {
  return clipLine(text, maxChars)
    .replace(ACTIVE, (found) => [...found].map((char) => `\\${char}`).join(''))
    .replace(LEADING, (digits) => `${digits}\\`)
}

function lengthOf(text: string): number {
  return [...text].length
}
