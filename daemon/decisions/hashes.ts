import { createHash } from 'node:crypto'
import type { Action } from '../../src/contract/index.ts'
import type { Content } from './rows.ts'

/** JSON with the fields of every object in one order, so that equal values are equal text. */
function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`
  if (typeof value !== 'object' || value === null) return JSON.stringify(value)
  const fields = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1))
  return `{${fields.map(([name, each]) => `${JSON.stringify(name)}:${canonical(each)}`).join(',')}}`
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex')
}

/** By which an action is known again: its kind, its name and each of its arguments. */
export function actionHash({ kind, name, arguments: given }: Action): string {
  return sha256(canonical([kind, name, given]))
}

/** By which a card is known again. The options count: under another letter, the same question would be another. */
export function foldHash(content: Content, action: Action | undefined): string {
  const options = content.options.map(({ text, does }) => [plain(text), does])
  return sha256(canonical(action ? ['approval', actionHash(action), options] : ['question', plain(content.question), options]))
}

/** Marks of a sentence at the ends of words. No other sign is nothing: `C` is not `C++`, and `+1` not `-1`. */
const MARKS = /(?<=^|\s)["'«»“”„‘’([]+|["'«»“”’.,:;!?…)\]]+(?=\s|$)/gu

function plain(text: string): string {
  return text.normalize('NFKC').toLowerCase().replace(MARKS, '').replace(/\s+/gu, ' ').trim()
}

/** Whether an action is within the scope of a lease: each argument that the scope names is as it says. */
export function isWithin(scope: Readonly<Record<string, unknown>>, given: Readonly<Record<string, unknown>>): boolean {
  return Object.entries(scope).every(([name, value]) => Object.hasOwn(given, name) && canonical(given[name]) === canonical(value))
}
