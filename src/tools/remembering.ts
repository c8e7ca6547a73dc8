import * as z from 'zod'
import { MusterError } from '../errors.ts'
import { quoted, RECALL_MARK, withoutMarks } from './envelope.ts'
import { ThreadId } from './fields.ts'
import { clipLine } from './plain-text.ts'
import type { PortMemory, PortNote, ToolPort, ToolResult } from './port.ts'
import { RECALL_TOKENS, renderRecall } from './recall.ts'
import { ADDS, defineTool } from './tool.ts'
import { lines } from './views.ts'

const ACTIONS = ['recall', 'search', 'show', 'write', 'forget'] as const
const NOTE_KINDS = ['rule', 'preference', 'decision', 'fact', 'lesson'] as const
const MAX_HITS = 10
const MAX_LINE_CHARS = 160
const NOTHING = 'Your memory has nothing about that.'

const Input = z.strictObject({
  action: z.enum(ACTIONS),
  note: z.string().min(1).max(120).optional().describe('show, forget: its name. write: its title'),
  text: z.string().min(1).max(8_192).optional().describe('search: words. recall: what it is about. write: the note'),
  thread: ThreadId.optional().describe('recall: what it is about'),
  kind: z.enum(NOTE_KINDS).optional(),
  tags: z.array(z.string().min(1).max(40)).max(16).optional(),
  source: z.string().min(1).max(200).optional().describe('Where it comes from: a thread, a person'),
  expires: z.string().max(40).optional().describe('A day such as 2026-01-31, or never'),
  version: z.string().max(64).optional().describe('write: changes the note that showed it'),
  tokens: z.int().min(RECALL_TOKENS.min).max(RECALL_TOKENS.max).default(RECALL_TOKENS.default),
})
type Asked = z.output<typeof Input>

export const memory = defineTool({
  name: 'memory',
  title: 'What you were to remember',
  description: "The notes of the orchestrator's workspace. A rule says what to do, not what happened; show a note before you change it.",
  profile: 'orchestrator',
  annotations: ADDS,
  input: Input,
  output: z.object({ memory: z.string() }),
  async run(port, asked): Promise<ToolResult<{ memory: string }>> {
    const text = await answer(port, asked)
    return { structured: { memory: text }, text }
  },
})

async function answer(port: ToolPort, asked: Asked): Promise<string> {
  switch (asked.action) {
    case 'recall':
      return await remind(port, asked.thread === undefined ? (asked.text ?? '') : await wordsOfThread(port, asked.thread), asked.tokens)
    case 'search':
      return await search(memoryOf(port), needed(asked, 'text'))
    case 'show':
      return shownNote(await memoryOf(port).show(needed(asked, 'note')))
    case 'write':
      return await write(memoryOf(port), asked)
    case 'forget':
      return `It is forgotten; its text is kept in ${plain(await memoryOf(port).forget(needed(asked, 'note')))}.`
  }
}

/** What the memory says about a text, as a block of bounded size. */
export async function remind(port: ToolPort, about: string, tokens: number = RECALL_TOKENS.default): Promise<string> {
  const block = renderRecall(await memoryOf(port).recall(about), tokens)
  return block === '' ? NOTHING : block
}

async function wordsOfThread(port: ToolPort, thread: string): Promise<string> {
  const { messages } = await port.call('threads.get', { thread })
  return messages.map(({ body }) => body).join('\n')
}

async function search(notes: PortMemory, words: string): Promise<string> {
  const hits = await notes.search(words)
  if (hits.length === 0) return NOTHING
  const shown = hits
    .slice(0, MAX_HITS)
    .map(({ note, snippet }) => `${nameOf(note)} ${note.kind}: ${plain(note.title)}\n${quoted(clipLine(snippet, MAX_LINE_CHARS))}`)
  const left = hits.length - shown.length
  return marked([...shown, ...(left > 0 ? [`[${left} more: say it more exactly]`] : [])])
}

function shownNote(note: PortNote): string {
  const { kind, title, updated, expires, source, tags, version } = note
  const facts = [
    `updated ${plain(updated)}`,
    ...(expires === undefined ? [] : [`expires ${plain(expires)}`]),
    ...(source === undefined ? [] : [`from ${plain(source)}`]),
    ...(tags.length === 0 ? [] : [`tags ${plain(tags.join(', '))}`]),
  ]
  return marked([`${nameOf(note)} ${kind}: ${plain(title)}`, `[${facts.join('; ')}; version ${version}]`, quoted(note.body)])
}

async function write(notes: PortMemory, asked: Asked): Promise<string> {
  const { text: body, kind, tags, source, expires, version } = asked
  const { note, findings } = await notes.write({ title: needed(asked, 'note'), body, kind, tags, source, expires, version })
  return lines(`${nameOf(note)} is written; version ${note.version}.`, ...(findings.length > 0 ? ['It should not stay so:', ...findings.map(plain)] : []))
}

function memoryOf({ memory: notes }: ToolPort): PortMemory {
  if (notes) return notes
  throw new MusterError('forbidden', { hint: 'The memory lies in a folder of the orchestrator: only muster mcp, started in it, reaches it.' })
}

function needed<K extends 'note' | 'text'>({ action, ...asked }: Asked, field: K): string {
  const value = asked[field]
  if (value !== undefined) return value
  throw new MusterError('invalid_input', { hint: `${action} needs ${field}.` })
}

function marked(parts: readonly string[]): string {
  return [`<${RECALL_MARK}>`, ...parts, `</${RECALL_MARK}>`].join('\n')
}

function nameOf({ note }: PortNote): string {
  return note.replace(/[^\p{L}\p{N}._-]/gu, '')
}

function plain(text: string): string {
  return withoutMarks(clipLine(text, MAX_LINE_CHARS))
}
