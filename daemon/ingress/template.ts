import { LIMITS } from '../../src/limits.ts'

/** What an event says, as a template and filters see it. */
export interface EventFacts {
  readonly source: string
  readonly event: string | null
  readonly id: string | null
  /** What its JSON was. */
  readonly body: unknown
}

const PLACEHOLDER = /\{\{([^{}]*)\}\}/g
const PATH = /^[\w$-]{1,64}(?:\.[\w$-]{1,64}){0,15}$/
const NAMED = ['@event', '@id', '@source', '@body'] as const
const MAX_PLACEHOLDERS = 64
/** Controls, line and paragraph separators, and what would make text read other than it is; tab and newline stay. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: finding control characters is this pattern's purpose
const UNSAFE = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]|[\u{e0000}-\u{e007f}]|\p{Surrogate}/gu

/** What is sent where nobody said how. */
export const DEFAULT_TEMPLATE = '{{@source}} was sent:\n\n{{@body}}'

/** The fields that a template asks for, besides those with an @. */
export function pathsOf(template: string): string[] {
  return placeholdersOf(template).filter((name) => !name.startsWith('@'))
}

/** Why a text is no template, in a sentence that says what would be one; `undefined` where it is. */
export function whyNoTemplate(template: string): string | undefined {
  const names = placeholdersOf(template)
  const stranger = names.find((name) => !PATH.test(name) && !NAMED.some((known) => known === name))
  if (stranger !== undefined)
    return `Expected a path of field names, like {{pull_request.title}}, or one of ${NAMED.map((name) => `{{${name}}}`).join(', ')}; not {{${stranger.slice(0, 64)}}}.`
  if (/\{\{|\}\}/.test(template.replace(PLACEHOLDER, '')))
    return 'A placeholder begins with {{ and ends with }}, both on one line; here one of them stands alone.'
  return names.length > MAX_PLACEHOLDERS ? `At most ${MAX_PLACEHOLDERS} placeholders.` : undefined
}

/**
 * The text of a message. What the event does not say shows as `(no pull_request.title)`, so that nothing is lost for a field; what a field says is put in as
 * it is and never read as a template. Long values and texts are cut, and end in an ellipsis.
 */
export function render(template: string, facts: EventFacts): string {
  const fill = (name: string) => clip(said(name, facts) ?? `(no ${name})`, LIMITS.maxFilledChars)
  const text = template.replace(PLACEHOLDER, (_all, name: string) => fill(name.trim()))
  const safe = clip(clean(text), LIMITS.maxRenderedChars)
  return safe.trim() === '' ? '(no text)' : safe
}

/** The same as one line, such as a topic. */
export function renderLine(template: string, facts: EventFacts, maxChars: number): string {
  return clip(
    clip(render(template, facts), 4 * maxChars)
      .replace(/\s+/g, ' ')
      .trim(),
    maxChars,
  )
}

/** What the body says at a path, as text; `undefined` where it says nothing. Only fields of its own count, and none that every object has. */
export function fieldOf(body: unknown, path: readonly string[]): string | undefined {
  let at = body
  for (const name of path) {
    if (typeof at !== 'object' || at === null || !Object.hasOwn(at, name)) return undefined
    at = (at as Readonly<Record<string, unknown>>)[name]
  }
  return typeof at === 'string' ? at : asJson(at)
}

/** A text of somebody else's in one line of a bounded length, for lists. */
export function lineOf(text: string, maxChars: number): string {
  return clip(
    clean(clip(text, 4 * maxChars))
      .replace(/\s+/g, ' ')
      .trim(),
    maxChars,
  )
}

function placeholdersOf(template: string): string[] {
  return [...template.matchAll(PLACEHOLDER)].map(([, name = '']) => name.trim())
}

function said(name: string, { source, event, id, body }: EventFacts): string | undefined {
  switch (name) {
    case '@source':
      return source
    case '@event':
      return event ?? undefined
    case '@id':
      return id ?? undefined
    case '@body':
      return asJson(body)
    default:
      return fieldOf(body, name.split('.'))
  }
}

/** Nested too deep for JSON to write is too deep to read. */
function asJson(value: unknown): string | undefined {
  try {
    return JSON.stringify(value)
  } catch (error) {
    if (error instanceof RangeError) return '(nested too deep)'
    throw error
  }
}

function clean(text: string): string {
  return text.replaceAll('\r\n', '\n').replace(UNSAFE, '\ufffd')
}

/** What is cut in the middle of a pair is cleaned afterwards, or cut by code points. */
function clip(text: string, maxChars: number): string {
  if (text.length <= maxChars) return text
  const cut = text.slice(0, maxChars - 1)
  return `${/[\ud800-\udbff]$/.test(cut) ? cut.slice(0, -1) : cut}…`
}
