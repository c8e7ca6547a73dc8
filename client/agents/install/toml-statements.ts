/** One statement of a TOML file; comments and blank lines are not among them. */
export interface Statement {
  readonly kind: 'table' | 'pair'
  /** The keys: of the table, or those of the pair within its table. */
  readonly path: readonly string[]
  /** The texts in a pair's value, in order. */
  readonly strings: readonly string[]
  readonly offset: number
  /** Behind its last character. */
  readonly end: number
}

const BLANK = /(?:[ \t\r\n]+|#[^\r\n]*)*/y
const MULTILINE = /"""(?:[^\\]|\\[\s\S])*?"{3,5}|'''[\s\S]*?'{3,5}/.source
const STRING = `${MULTILINE}|"(?:[^"\\\\\\r\\n]|\\\\.)*"|'[^'\\r\\n]*'`
const TOKEN = new RegExp(`(?<string>${STRING})|(?<bracket>[[\\]{}])|(?<line>#[^\\r\\n]*|[\\r\\n])|[^"'[\\]{}#\\r\\n]+`, 'y')
const KEY = /[ \t]*(?:"((?:[^"\\\r\n]|\\.)*)"|'([^'\r\n]*)'|([\w-]+))[ \t]*(\.?)/y

/** The statements of a TOML file, as far as tables and pairs go; what the values are is not judged. `undefined` where it cannot be read. */
export function tomlStatements(text: string): readonly Statement[] | undefined {
  const statements: Statement[] = []
  let at = skipBlank(text, text.startsWith('\ufeff') ? 1 : 0)
  while (at < text.length) {
    const statement = text[at] === '[' ? tableAt(text, at) : pairAt(text, at)
    if (!statement) return undefined
    statements.push(statement)
    at = skipBlank(text, statement.end)
  }
  return statements
}

function skipBlank(text: string, at: number): number {
  BLANK.lastIndex = at
  BLANK.exec(text)
  return BLANK.lastIndex
}

function tableAt(text: string, offset: number): Statement | undefined {
  const brackets = text.startsWith('[[', offset) ? 2 : 1
  const keys = keysAt(text, offset + brackets)
  if (!keys || !text.startsWith(']'.repeat(brackets), keys.end)) return undefined
  return { kind: 'table', path: keys.path, strings: [], offset, end: keys.end + brackets }
}

function pairAt(text: string, offset: number): Statement | undefined {
  const keys = keysAt(text, offset)
  const value = keys && text[keys.end] === '=' ? valueAt(text, keys.end + 1) : undefined
  if (!keys || !value) return undefined
  return { kind: 'pair', path: keys.path, strings: value.strings, offset, end: offset + text.slice(offset, value.end).trimEnd().length }
}

/** A line, or a comment, ends a value unless it stands within brackets. */
function valueAt(text: string, from: number): { readonly strings: readonly string[]; readonly end: number } | undefined {
  const strings: string[] = []
  let depth = 0
  let at = from
  while (at < text.length) {
    TOKEN.lastIndex = at
    const { string, bracket, line } = TOKEN.exec(text)?.groups ?? {}
    if (TOKEN.lastIndex === 0) return undefined
    if (line !== undefined && depth === 0) break
    if (string !== undefined) strings.push(contentOf(string))
    if (bracket !== undefined) depth += '[{'.includes(bracket) ? 1 : -1
    at = TOKEN.lastIndex
  }
  return { strings, end: at }
}

function keysAt(text: string, offset: number): { readonly path: readonly string[]; readonly end: number } | undefined {
  const path: string[] = []
  KEY.lastIndex = offset
  for (;;) {
    const match = KEY.exec(text)
    if (!match) return undefined
    const [, basic, literal, bare, dot] = match
    path.push(basic === undefined ? (literal ?? bare ?? '') : unescaped(basic))
    if (dot !== '.') return { path, end: KEY.lastIndex }
  }
}

function contentOf(literal: string): string {
  if (/^("""|''')/.test(literal)) return literal.slice(3, -3)
  return literal.startsWith("'") ? literal.slice(1, -1) : unescaped(literal.slice(1, -1))
}

/** TOML's escapes are JSON's and some more; a text with one of those is left as it is, and so equals nothing of ours. */
function unescaped(text: string): string {
  try {
    return String(JSON.parse(`"${text}"`))
  } catch {
    return text
  }
}
