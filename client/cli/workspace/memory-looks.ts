import { RECALL_TOKENS, renderRecall } from '../../../src/tools/recall.ts'
import type { Memory, Scan } from '../../workspace/memory.ts'
import { lintMemory } from '../../workspace/memory-lint.ts'
import { searchNotes } from '../../workspace/memory-search.ts'
import { isExpired, KINDS, type Note } from '../../workspace/note.ts'
import { recollect } from '../../workspace/recollection.ts'
import { expectId } from '../arguments.ts'
import type { Invocation } from '../command.ts'
import { EXIT } from '../exit-codes.ts'
import { showList } from '../listing.ts'
import { asReader } from '../open-caller.ts'
import type { Output } from '../output.ts'
import { plural, safeText } from '../text.ts'
import { told } from './here.ts'
import { memoryHere } from './memory-here.ts'

const MAX_FOUND = 200

export async function list(invocation: Invocation): Promise<number> {
  const { out } = invocation
  const memory = memoryHere(invocation)
  const scan = told(() => memory.scan())
  memory.refreshIndex(scan)
  const rows = [...filtered(invocation, scan.notes)].sort((a, b) => Date.parse(b.updated) - Date.parse(a.updated) || (a.slug < b.slug ? -1 : 1))
  noteProblems(out, scan)
  const document = { notes: rows.map(headOf), problems: scan.problems }
  return showList(out, { document, rows, show: showNotes, none: 'There are no such notes.' })
}

export async function show(invocation: Invocation): Promise<number> {
  const { out, words } = invocation
  const note = told(() => memoryHere(invocation).find(words[0] ?? ''))
  if (out.json) {
    out.document({ note: { ...headOf(note), body: note.body, hash: note.hash } })
    return EXIT.ok
  }
  out.fields([
    ['title', note.title],
    ['kind', note.kind],
    ['updated', note.updated],
    ['expires', note.expires ?? null],
    ['source', note.source ?? null],
    ['tags', note.tags.join(', ')],
  ])
  out.line()
  out.body(safeText(note.body))
  return EXIT.ok
}

export async function search(invocation: Invocation): Promise<number> {
  const { out, words } = invocation
  const { notes } = told(() => memoryHere(invocation).scan())
  const hits = searchNotes(filtered(invocation, notes), words[0] ?? '').slice(0, MAX_FOUND)
  const document = { hits: hits.map(({ note, snippet }) => ({ note: headOf(note), snippet })) }
  const rows = hits.map(({ note, snippet }) => [note.slug, note.kind, note.title, snippet])
  return showList(out, { document, rows, show: (to, found) => to.table(['NOTE', 'KIND', 'TITLE', 'FOUND'], found), none: 'No note has all of these words.' })
}

export async function lint(invocation: Invocation): Promise<number> {
  const { out, words, environment } = invocation
  const memory = memoryHere(invocation)
  const scan = told(() => memory.scan())
  const only = words[0] === undefined ? undefined : told(() => memory.slugOf(words[0] ?? ''))
  const findings = lintMemory(scan, environment.now()).filter(({ note }) => only === undefined || note === only || note === `${only}.md`)
  const isIndexed = memory.refreshIndex(scan)
  if (out.json) out.document({ findings, notes: scan.notes.length })
  else if (findings.length > 0)
    for (const each of findings) out.line(`${safeText(each.note)}:${each.line} ${each.code}: ${safeText(each.says)}\n    ${each.advice}`)
  else out.note(`${plural(scan.notes.length, 'note')}, and nothing to say about them.`)
  if (!isIndexed) out.note("memory/INDEX.md is not Muster's, or cannot be written: remove it, and it comes back.")
  return findings.length > 0 ? EXIT.failure : EXIT.ok
}

export async function recall(invocation: Invocation): Promise<number> {
  const { flags, out } = invocation
  const tokens = flags.count('tokens', RECALL_TOKENS) ?? RECALL_TOKENS.default
  const thread = flags.text('thread') === undefined ? undefined : expectId(flags.text('thread') ?? '', ['thread'])
  const memory = memoryHere(invocation)
  const about = [flags.text('for') ?? '', ...(thread === undefined ? [] : await bodiesOf(invocation, thread))].join('\n')
  tellRecall(out, recallBlock(memory, about, { tokens, nowMs: invocation.environment.now() }))
  return EXIT.ok
}

/** What a model is shown about a text; empty where there is nothing. */
export function recallBlock(memory: Memory, about: string, { tokens, nowMs }: { readonly tokens: number; readonly nowMs: number }): string {
  return renderRecall(
    told(() => recollect(memory.scan().notes, about, nowMs)),
    tokens,
  )
}

function tellRecall(out: Output, block: string): void {
  if (out.json) out.document({ recall: block })
  else if (block === '') out.note('The memory has nothing about that.')
  else out.body(safeText(block))
}

async function bodiesOf(invocation: Invocation, thread: string): Promise<readonly string[]> {
  const { messages } = await asReader(invocation, ({ call }) => call('threads.get', { thread }))
  return messages.map(({ body }) => body)
}

function filtered({ flags }: Invocation, notes: readonly Note[]): readonly Note[] {
  const kind = flags.choice('kind', KINDS)
  const tags = flags.all('tag').map((tag) => tag.toLowerCase())
  return notes.filter((note) => (kind === undefined || note.kind === kind) && tags.every((tag) => note.tags.includes(tag)))
}

/** A note without its text, as documents have it. */
export function headOf({ slug, title, kind, created, updated, expires, source, tags }: Note) {
  return { note: slug, title, kind, created, updated, expires: expires ?? null, source: source ?? null, tags }
}

function showNotes(out: Output, notes: readonly Note[]): void {
  const state = (note: Note) => (isExpired(note, out.now) ? `expired ${note.expires?.slice(0, 10)}` : (note.expires?.slice(0, 10) ?? ''))
  out.table(
    ['NOTE', 'KIND', 'UPDATED', 'EXPIRES', 'TAGS', 'TITLE'],
    notes.map((note) => [note.slug, note.kind, note.updated.slice(0, 10), state(note), note.tags.join(', '), note.title]),
  )
}

function noteProblems(out: Output, { problems }: Scan): void {
  if (problems.length > 0) out.note(`${plural(problems.length, 'file')} in memory/ cannot be read as notes: muster memory lint.`)
}
