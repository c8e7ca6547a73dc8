/** How one part of a service's work goes, in the service's own words: a forge, a provider of push messages. */
export interface Part {
  readonly name: string
  readonly state: 'ok' | 'waiting' | 'failing'
  readonly says: string
  readonly at: string
}

/** What a service says in a line of JSON. */
export type Said =
  | { readonly kind: 'log'; readonly level: 'info' | 'warn' | 'error'; readonly says: string }
  | { readonly kind: 'state'; readonly parts?: readonly Part[] }

const MAX_PARTS = 64
const MAX_SAYS_CHARS = 300
const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/
const LEVELS = ['info', 'warn', 'error'] as const
const STATES = ['ok', 'waiting', 'failing'] as const

/** `undefined` for a line that is none of these: the last words of a crash, or a warning of Node. */
export function readSaid(line: string): Said | undefined {
  const value = parse(line)
  if (!value) return undefined
  if (value['ready'] === true) return { kind: 'state' }
  if (Array.isArray(value['parts'])) return { kind: 'state', parts: value['parts'].slice(0, MAX_PARTS).flatMap((part: unknown) => toPart(part) ?? []) }
  const level = LEVELS.find((one) => one === value['level'])
  if (!level || typeof value['says'] !== 'string') return undefined
  return { kind: 'log', level, says: bounded(value['says']) }
}

function toPart(value: unknown): Part | undefined {
  if (!isObject(value)) return undefined
  const { name, says, at } = value
  const state = STATES.find((one) => one === value['state'])
  if (!state || typeof name !== 'string' || typeof says !== 'string' || typeof at !== 'string' || !TIME.test(at)) return undefined
  return { name: bounded(name), state, says: bounded(says), at }
}

function bounded(text: string): string {
  return text.slice(0, MAX_SAYS_CHARS)
}

function parse(line: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(line)
    return isObject(value) ? value : undefined
  } catch {
    return undefined
  }
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
