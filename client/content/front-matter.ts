import { parseDocument } from 'yaml'

/** What stands before a Markdown text between two lines `---`, and the text. */
export interface FrontMatter {
  readonly data: Readonly<Record<string, unknown>>
  readonly body: string
}

/** A text whose front matter cannot be read; the message says why, and where. */
export class FrontMatterError extends Error {
  override readonly name = 'FrontMatterError'
}

const MAX_CHARS = 16_384
const FENCED = /^---[ \t]*\r?\n([\s\S]*?)^---[ \t]*(?:\r?\n|$)/m

/**
 * Reads YAML front matter: one mapping, without aliases and without a key twice.
 *
 * @throws FrontMatterError
 */
export function readFrontMatter(text: string): FrontMatter {
  if (!/^---[ \t]*\r?\n/.test(text)) throw new FrontMatterError('it does not begin with a line "---" of front matter')
  const [whole, yaml] = FENCED.exec(text) ?? []
  if (whole === undefined || yaml === undefined) throw new FrontMatterError('its front matter has no closing line "---"')
  if (yaml.length > MAX_CHARS) throw new FrontMatterError(`its front matter is longer than ${MAX_CHARS.toLocaleString('en')} characters`)
  return { data: mappingOf(yaml), body: text.slice(whole.length) }
}

function mappingOf(yaml: string): FrontMatter['data'] {
  const document = parseDocument(yaml, { logLevel: 'silent', prettyErrors: true })
  const [error] = document.errors
  // The line before the first of the YAML is the opening "---".
  if (error) throw new FrontMatterError(`line ${(error.linePos?.[0].line ?? 0) + 1} of its front matter is not YAML: ${firstLine(error.message)}`)
  const value = asValue(document)
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new FrontMatterError('its front matter is not a list of "key: value" lines')
  return value as FrontMatter['data']
}

function asValue(document: ReturnType<typeof parseDocument>): unknown {
  try {
    return document.toJS({ maxAliasCount: 0 })
  } catch (cause) {
    throw new FrontMatterError(`its front matter cannot be read: ${firstLine(cause instanceof Error ? cause.message : String(cause))}`)
  }
}

function firstLine(message: string): string {
  return message.split('\n', 1)[0]?.replace(/ at line \d+, column \d+:?$/, '') ?? message
}
