import { parseDuration } from '../../../src/time.ts'
import { RECALL_TOKENS, renderRecall } from '../../../src/tools/recall.ts'
import { type Change, Memory, type Scan } from '../../workspace/memory.ts'
import { lintMemory, lintNote } from '../../workspace/memory-lint.ts'
import { searchNotes } from '../../workspace/memory-search.ts'
import { dayOf, isDayOrTime, isExpired, KINDS, type Note } from '../../workspace/note.ts'
import { recollect } from '../../workspace/recollection.ts'
import { BRIEFS } from '../../workspace/workspace-memory.ts'
import { expectId } from '../arguments.ts'
import { fileFlag, readBody } from '../body.ts'
import type { Action, Invocation } from '../command.ts'
import { CONFIRM_FLAGS, isConfirmed } from '../confirm.ts'
import { EXIT } from '../exit-codes.ts'
import { CliError, usageError } from '../failure.ts'
import type { Flag } from '../flags.ts'
import { chosenName } from '../identity.ts'
import { showList } from '../listing.ts'
import { asReader } from '../open-caller.ts'
import type { Output } from '../output.ts'
import { plural, safeText } from '../text.ts'
import { DIR_FLAG } from '../workspace-folder.ts'
import { told, toldLater, workspaceHere } from './here.ts'

const FILTERS = {
  kind: { type: 'string', value: 'kind', summary: `One of ${KINDS.join(', ')}`, values: KINDS },
  tag: { type: 'string', value: 'tag', repeats: true, summary: 'With this tag; as often as needed' },
} as const satisfies Record<string, Flag>
const DIR = { dir: DIR_FLAG }
const MAX_FOUND = 200

/** What `muster memory` does. */
export const MEMORY_ACTIONS = {
  list: { summary: 'The notes, the newest first', words: [], flags: { ...FILTERS, ...DIR }, run: list },
  show: { summary: 'One note', words: ['note'], flags: DIR, run: show },
  search: { summary: 'Notes by their words', words: ['words'], flags: { ...FILTERS, ...DIR }, run: search },
  write: {
    summary: 'Write a note, or change one',
    words: ['title', 'body?'],
    flags: {
      ...FILTERS,
      source: { type: 'string', value: 'source', summary: 'Where it comes from: a thread, a message, a person' },
      expires: { type: 'string', value: 'when', summary: 'Until when it counts: 30d, 2026-01-31 or never (a fact: 90d)' },
      update: { type: 'boolean', summary: 'Change the note of that title; what is not given stays' },
      if: { type: 'string', value: 'hash', summary: 'With --update, only while it has this hash' },
      file: fileFlag('text'),
      ...DIR,
    },
    run: write,
  },
  forget: {
    summary: 'Take a note out; its text is kept in memory/.forgotten',
    words: ['note'],
    flags: { delete: { type: 'boolean', summary: 'Delete it for good; asks first' }, ...CONFIRM_FLAGS, ...DIR },
    run: forget,
  },
  lint: { summary: 'What should not stay as it is', words: ['note?'], flags: DIR, run: lint },
  recall: {
    summary: 'What to be reminded of, as a model is shown it',
    words: [],
    flags: {
      for: { type: 'string', value: 'text', summary: 'What it is about' },
      thread: { type: 'string', value: 'thread', summary: 'The same, by the messages of a thread' },
      tokens: { type: 'string', value: 'count', summary: `At most so many tokens (${RECALL_TOKENS.default})` },
      ...DIR,
    },
    run: recall,
  },
} as const satisfies Readonly<Record<string, Action>>

/** @throws CliError `not_yours` for a peer that is not the orchestrator */
export function memoryHere(invocation: Invocation): Memory {
  const { folder, manifest } = workspaceHere(invocation)
  const asked = chosenName(invocation.flags, invocation.environment)
  if (asked !== undefined && asked.toLowerCase() !== manifest.orchestrator.toLowerCase()) {
    throw new CliError('not_yours', `this memory is for ${manifest.orchestrator}, not for ${asked}`, { hint: BRIEFS })
  }
  return new Memory(folder, invocation.environment.now)
}

async function list(invocation: Invocation): Promise<number> {
  const { out } = invocation
  const memory = memoryHere(invocation)
  const scan = told(() => memory.scan())
  told(() => memory.refreshIndex(scan))
  const rows = [...filtered(invocation, scan.notes)].sort((a, b) => Date.parse(b.updated) - Date.parse(a.updated) || (a.slug < b.slug ? -1 : 1))
  noteProblems(out, scan)
  const document = { notes: rows.map(headOf), problems: scan.problems }
  return showList(out, { document, rows, show: showNotes, none: 'There are no such notes.' })
}

async function show(invocation: Invocation): Promise<number> {
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

async function search(invocation: Invocation): Promise<number> {
  const { out, words } = invocation
  const { notes } = told(() => memoryHere(invocation).scan())
  const hits = searchNotes(filtered(invocation, notes), words[0] ?? '').slice(0, MAX_FOUND)
  const document = { hits: hits.map(({ note, snippet }) => ({ note: headOf(note), snippet })) }
  const rows = hits.map(({ note, snippet }) => [note.slug, note.kind, note.title, snippet])
  return showList(out, { document, rows, show: (to, found) => to.table(['NOTE', 'KIND', 'TITLE', 'FOUND'], found), none: 'No note has all of these words.' })
}

async function write(invocation: Invocation): Promise<number> {
  const { flags, words, environment, out } = invocation
  const [title = '', word] = words
  const change = await changeOf(invocation, word)
  const was = flags.text('if')
  if (was !== undefined && !flags.on('update')) throw usageError('--if needs --update', 'A new note has no hash yet.')
  const memory = memoryHere(invocation)
  const note = flags.on('update') ? await toldLater(memory.update(title, change, was)) : await toldLater(memory.write({ title, ...wholeOf(change) }))
  const findings = lintNote(note, environment.now())
  if (out.json) out.document({ note: { ...headOf(note), body: note.body, hash: note.hash }, findings })
  else out.line(`${note.slug} is ${flags.on('update') ? 'changed' : 'written'}.`)
  for (const { line, says, advice } of findings) out.note(`Line ${line}: ${safeText(says)}. ${advice}`)
  return EXIT.ok
}

async function changeOf({ flags, environment }: Invocation, word: string | undefined): Promise<Change> {
  const file = flags.text('file')
  const hasBody = word !== undefined || file !== undefined || !flags.on('update')
  const kind = flags.choice('kind', KINDS)
  const [source, tags, expires] = [flags.text('source'), flags.all('tag'), expiryIn(flags.text('expires'), environment.now())]
  return {
    ...(hasBody && { body: await readBody({ word, file, what: 'text' }, environment) }),
    ...(kind && { kind }),
    ...(tags.length > 0 && { tags }),
    ...(source !== undefined && { source }),
    ...(expires !== undefined && { expires }),
  }
}

function wholeOf({ kind, body = '', tags = [], source, expires }: Change) {
  if (kind === undefined) throw usageError('a note needs a kind', `Give --kind, one of: ${KINDS.join(', ')}.`)
  return { kind, body, tags, ...(source !== undefined && { source }), ...(expires !== undefined && { expires }) }
}

function expiryIn(given: string | undefined, nowMs: number): string | undefined {
  if (given === undefined || given === 'never' || isDayOrTime(given)) return given
  const ms = parseDuration(given)
  if (ms !== undefined) return dayOf(nowMs + ms)
  throw usageError(`--expires cannot be "${given}"`, 'Expected a duration like 30d, a day like 2026-01-31, or never.')
}

async function forget(invocation: Invocation): Promise<number> {
  const { flags, words, out } = invocation
  const [name = ''] = words
  const memory = memoryHere(invocation)
  const isForGood = flags.on('delete')
  const slug = told(() => memory.slugOf(name))
  if (flags.on('dry-run')) return tellForgotten(out, slug, 'planned', undefined)
  if (isForGood && !(await isConfirmed(invocation, `Delete ${slug} for good?`))) return EXIT.failure
  const kept = await toldLater(memory.forget(name, isForGood))
  return tellForgotten(out, slug, kept === undefined ? 'deleted' : 'forgotten', kept)
}

function tellForgotten(out: Output, note: string, state: 'planned' | 'deleted' | 'forgotten', kept: string | undefined): number {
  if (out.json) out.document({ note, state, kept: kept ?? null })
  else if (state === 'planned') out.line(`${note} would be forgotten.`)
  else out.line(kept === undefined ? `${note} is deleted.` : `${note} is forgotten; its text is in ${kept}.`)
  return EXIT.ok
}

async function lint(invocation: Invocation): Promise<number> {
  const { out, words, environment } = invocation
  const memory = memoryHere(invocation)
  const scan = told(() => memory.scan())
  const only = words[0] === undefined ? undefined : told(() => memory.slugOf(words[0] ?? ''))
  const findings = lintMemory(scan, environment.now()).filter(({ note }) => only === undefined || note === only || note === `${only}.md`)
  const isIndexed = told(() => memory.refreshIndex(scan))
  if (out.json) out.document({ findings, notes: scan.notes.length })
  else if (findings.length > 0)
    for (const each of findings) out.line(`${safeText(each.note)}:${each.line} ${each.code}: ${safeText(each.says)}\n    ${each.advice}`)
  else out.note(`${plural(scan.notes.length, 'note')}, and nothing to say about them.`)
  if (!isIndexed) out.note('memory/INDEX.md is not written by muster; remove it, and it will be.')
  return findings.length > 0 ? EXIT.failure : EXIT.ok
}

async function recall(invocation: Invocation): Promise<number> {
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

function headOf({ slug, title, kind, created, updated, expires, source, tags }: Note) {
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
