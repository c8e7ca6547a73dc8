import { ClientError, MusterError } from '../../browser.ts'

/** Sentences of codes that say nothing to a person beside what would be right. */
const EMPTY: ReadonlySet<string> = new Set(['The input does not fit the operation.', 'This credential may not do that.'])

interface Issue {
  /** The field that it is about, with dots: `gates.0.for`. */
  readonly path: string
  readonly message: string
}

/** What an error says to a person: what is wrong, and what would be right, each once. */
export function wordsOf(error: unknown): string {
  if (error instanceof MusterError) {
    const issues = issuesOf(error)
    // The hint is the first of them.
    if (issues.length > 0) return issues.map(({ path, message }) => (path === '' ? message : `${path}: ${message}`)).join('. ')
    return sentenceOf(error)
  }
  if (error instanceof ClientError && error.code === 'timeout') return 'The daemon did not answer in time. It may have been done: look before you try again.'
  return error instanceof Error ? error.message : String(error)
}

/** The same for the one field that it is about, which needs no name there. */
export function wordsAtField(error: unknown): string {
  const [first] = error instanceof MusterError ? issuesOf(error) : []
  return first === undefined ? wordsOf(error) : first.message
}

/** The field of the input that an error is about, with dots; `undefined` where it names none. */
export function fieldIn(error: MusterError): string | undefined {
  const { field } = error.details
  return typeof field === 'string' ? field : issuesOf(error)[0]?.path
}

function sentenceOf({ message, details: { hint } }: MusterError): string {
  if (typeof hint !== 'string' || hint === '') return message
  return EMPTY.has(message) ? hint : `${message} ${hint}`
}

function issuesOf({ details: { issues } }: MusterError): readonly Issue[] {
  return Array.isArray(issues) ? (issues as readonly Partial<Issue>[]).map(({ path = '', message = '' }) => ({ path, message })) : []
}
