import { readFileSync } from 'node:fs'

type Part = string | readonly [text: string, times: number]
/** A text, or its parts: `["x", 1000]` stands for a thousand x. */
export type Text = string | readonly Part[]

export interface NotRequest {
  readonly name: string
  readonly frame: Text
  readonly id: string | number | null
}

export interface BadInput {
  readonly name: string
  readonly method: Text
  readonly params?: unknown
  /** The params as JSON, for what `JSON.stringify` would not write. */
  readonly raw?: Text
  /** The name of a further field, too long to stand in the corpus. */
  readonly field?: Part
  readonly code: string
}

export interface BrokenMessage {
  readonly name: string
  readonly bytes: string
  readonly close: number
}

export function readCorpus<T>(file: string): readonly (T & { readonly name: string })[] {
  return JSON.parse(readFileSync(new URL(`../corpus/${file}`, import.meta.url), 'utf8')) as (T & { readonly name: string })[]
}

export function expandText(text: Text): string {
  if (typeof text === 'string') return text
  return text.map((part) => (typeof part === 'string' ? part : part[0].repeat(part[1]))).join('')
}

/** The frame of an entry, with the ids and names that stand for `$me` and the like. */
export function expandInput(entry: BadInput, id: number, names: Readonly<Record<string, string>>): string {
  const params = entry.raw === undefined ? JSON.stringify(withField(expand(entry.params), entry.field)) : expandText(entry.raw)
  const text = `{"jsonrpc":"2.0","id":${id},"method":${JSON.stringify(expandText(entry.method))}${params === undefined ? '' : `,"params":${params}`}}`
  return text.replaceAll(/\$(me|other|thread|delivery)\b/g, (_all, name: string) => names[name] ?? '')
}

function withField(params: unknown, field: Part | undefined): unknown {
  return field === undefined ? params : { ...(params as object), [expandText([field])]: 1 }
}

function expand(value: unknown): unknown {
  if (isText(value)) return expandText(value)
  if (Array.isArray(value)) return value.map(expand)
  if (typeof value !== 'object' || value === null) return value
  const list = (value as { $list?: [unknown, number] }).$list
  if (list) return Array<unknown>(list[1]).fill(list[0])
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, expand(inner)]))
}

/** A list is a text in parts where one of them says how often it stands. */
function isText(value: unknown): value is Text {
  return Array.isArray(value) && value.some((part) => Array.isArray(part) && part.length === 2 && typeof part[1] === 'number')
}
