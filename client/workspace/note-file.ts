import { stringify } from 'yaml'
import { FrontMatterError, readFrontMatter } from '../content/front-matter.ts'
import { hashOf } from './file-content.ts'
import { DAY, type Draft, dayOf, isDayOrTime, KINDS, type Kind, NOTE_LIMITS, type Note, type NoteHead, slugOf } from './note.ts'
import { WorkspaceError } from './workspace-error.ts'

/** A file that is no note, and why. */
export class NoteError extends Error {
  override readonly name = 'NoteError'
}

/** @throws NoteError what keeps the text from being a note */
export function parseNote(slug: string, text: string): Note {
  const { fields, body, bodyLine } = split(text.replace(/^\ufeff/, ''))
  const { title, kind, created, updated, expires, source, tags, ...others } = fields
  const now = ['created', 'updated'].map((name) => timeField(name, name === 'created' ? created : (updated ?? created)))
  return {
    slug,
    title: textField('title', title, NOTE_LIMITS.maxTitleChars),
    kind: kindField(kind),
    created: now[0] ?? '',
    updated: now[1] ?? '',
    ...(expires != null && { expires: dayField(expires) }),
    ...(source != null && { source: textField('source', source, NOTE_LIMITS.maxSourceChars) }),
    tags: tagsField(tags),
    body,
    others,
    hash: hashOf(text),
    bodyLine,
  }
}

/** The file of a note. */
export function formatNote({
  title,
  kind,
  created,
  updated,
  expires,
  source,
  tags,
  body,
  others = {},
}: NoteHead & Partial<Note> & { readonly body: string }): string {
  const fields = {
    title,
    kind,
    created,
    updated,
    ...(expires !== undefined && { expires }),
    ...(source !== undefined && { source }),
    ...(tags.length > 0 && { tags }),
    ...others,
  }
  return `---\n${stringify(fields, { lineWidth: 0, aliasDuplicateObjects: false })}---\n\n${body.trim()}\n`
}

function split(text: string): { readonly fields: Readonly<Record<string, unknown>>; readonly body: string; readonly bodyLine: number } {
  try {
    const { data, body } = readFrontMatter(text)
    const before = text.slice(0, text.length - body.trimStart().length)
    return { fields: data, body: body.replace(/\r\n/g, '\n').trim(), bodyLine: before.split('\n').length }
  } catch (error) {
    if (error instanceof FrontMatterError) throw new NoteError(error.message)
    // Nested so deeply that the parser ran out of stack.
    if (error instanceof RangeError) throw new NoteError('its front matter is no list of fields')
    throw error
  }
}

function textField(name: string, value: unknown, maxChars: number): string {
  const text = typeof value === 'string' ? value.trim() : ''
  if (text === '' || [...text].length > maxChars || /[\r\n]/.test(text))
    throw new NoteError(`it needs a ${name} of one line with at most ${maxChars} characters`)
  return text
}

function kindField(value: unknown): Kind {
  const kind = KINDS.find((known) => known === value)
  if (kind === undefined) throw new NoteError(`it needs a kind: ${KINDS.join(', ')}`)
  return kind
}

function timeField(name: string, value: unknown): string {
  if (typeof value === 'string' && isDayOrTime(value)) return DAY.test(value) ? `${value}T00:00:00Z` : value
  throw new NoteError(`it needs a time in ${name}, such as 2026-01-31T09:00:00Z`)
}

function dayField(value: unknown): string {
  if (typeof value === 'string' && isDayOrTime(value)) return value
  throw new NoteError('it expires at no time that there is: expected one such as 2026-01-31')
}

function tagsField(value: unknown): readonly string[] {
  const tags = value == null ? [] : typeof value === 'string' ? [value] : value
  const isTag = (tag: unknown) => typeof tag === 'string' && tag.trim() !== '' && tag.length <= NOTE_LIMITS.maxTagChars && !/[\r\n,]/.test(tag)
  if (Array.isArray(tags) && tags.length <= NOTE_LIMITS.maxTags && tags.every(isTag))
    return [...new Set((tags as string[]).map((tag) => tag.trim().toLowerCase()))]
  throw new NoteError(`it has tags that are none: at most ${NOTE_LIMITS.maxTags} words of at most ${NOTE_LIMITS.maxTagChars} characters`)
}

const FACT_DAYS = 90
const DAY_MS = 86_400_000

/**
 * A draft as a note would be read back: what a file could not hold is refused before it is written. A fact expires after 90 days unless
 * it is said when.
 *
 * @throws WorkspaceError `usage`
 */
export function checkDraft(draft: Draft, times: { readonly created: string; readonly updated: string }, others: Note['others'] = {}): Note {
  const slug = slugOf(draft.title)
  if (slug === '') throw invalid('a note needs a title with letters or digits')
  if (draft.body.trim() === '') throw invalid('a note without a text says nothing')
  if (Buffer.byteLength(draft.body) > NOTE_LIMITS.maxBodyBytes) throw invalid(`a note has at most ${NOTE_LIMITS.maxBodyBytes} bytes`)
  if (draft.body.includes('\0')) throw invalid('a note is text')
  const { expires = draft.kind === 'fact' ? dayOf(Date.parse(times.updated) + FACT_DAYS * DAY_MS) : 'never', source } = draft
  const head = {
    title: draft.title.trim(),
    kind: draft.kind,
    ...times,
    ...(expires !== 'never' && { expires }),
    ...(source !== undefined && { source }),
    tags: draft.tags,
  }
  try {
    const note = parseNote(slug, formatNote({ ...head, body: draft.body, others }))
    // Once more: what reading evened out is not what was written.
    return parseNote(slug, formatNote(note))
  } catch (error) {
    throw error instanceof NoteError ? invalid(`that is no note: ${error.message}`) : error
  }
}

function invalid(message: string): WorkspaceError {
  return new WorkspaceError('usage', message, 'Nothing was written.')
}
