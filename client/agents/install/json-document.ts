import { getNodeValue, type Node, type ParseError, type ParseErrorCode, parseTree, printParseErrorCode } from 'jsonc-parser'
import { InstallError } from './install-error.ts'

/** A value as JSON has them. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json }

/** Which JSON the reader of a file accepts. What it would not read is refused: an entry in it would have no effect. */
export interface Dialect {
  readonly comments: boolean
  readonly trailingCommas: boolean
  readonly byteOrderMark: boolean
  /** Of a key that is there twice the last counts, or the reader refuses the file. */
  readonly duplicateKeys: boolean
}

export interface JsonDocument {
  /** Without its byte order mark. */
  readonly text: string
  /** Absent in a file without any value. */
  readonly root: Node | undefined
}

const BYTE_ORDER_MARK = '\ufeff'

/** Takes the byte order mark off, to be put back when the text is written. */
export function splitMark(text: string): { readonly mark: string; readonly body: string } {
  return text.startsWith(BYTE_ORDER_MARK) ? { mark: BYTE_ORDER_MARK, body: text.slice(1) } : { mark: '', body: text }
}

/**
 * Reads the text of a JSON file.
 *
 * @throws InstallError `config_refused` with line and column, where the file's reader would not accept it
 */
export function parseDocument(path: string, text: string, dialect: Dialect): JsonDocument {
  const { mark, body } = splitMark(text)
  if (mark !== '' && !dialect.byteOrderMark) throw refused(path, body, 0, 'a byte order mark, which its reader does not accept')
  const errors: ParseError[] = []
  const root = parse(path, body, errors, dialect)
  const [first] = errors
  if (first) throw refused(path, body, first.offset, `${wordsOf(first.error)}, so it is not edited`)
  if (root && root.type !== 'object') throw refused(path, body, root.offset, `${root.type} where an object is expected`)
  return { text: body, root }
}

/** The value of a key; of several with the same key the last, which is the one that counts. */
export function memberOf(node: Node | undefined, key: string): Node | undefined {
  return propertiesOf(node, key).at(-1)?.children?.[1]
}

/** Every property of that key. */
export function propertiesOf(node: Node | undefined, key: string): Node[] {
  return node?.type === 'object' ? (node.children ?? []).filter((property) => property.children?.[0]?.value === key && property.children[1]) : []
}

export function keyOf(property: Node): string {
  return String(property.children?.[0]?.value)
}

export function jsonOf(node: Node): Json {
  return getNodeValue(node) as Json
}

/** Whether two values are the same, whatever the order of their members. */
export function sameJson(a: Json | undefined, b: Json | undefined): boolean {
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return a === b
  const [left, right] = [Object.entries(a), Object.entries(b)]
  if (Array.isArray(a) !== Array.isArray(b) || left.length !== right.length) return false
  const others = new Map<string, Json>(right)
  return left.every(([key, value]) => others.has(key) && sameJson(value, others.get(key)))
}

/** An error that says where in the file. */
export function refused(path: string, body: string, offset: number, what: string): InstallError {
  const { line, column } = positionOf(body, offset)
  return new InstallError('config_refused', `${path}: line ${line}, column ${column}: ${what}`, 'Nothing was written. Mend the file and try again.')
}

function positionOf(text: string, offset: number): { readonly line: number; readonly column: number } {
  const before = text.slice(0, offset)
  const lineStart = Math.max(before.lastIndexOf('\n'), before.lastIndexOf('\r')) + 1
  return { line: before.split(/\r\n|\r|\n/).length, column: offset - lineStart + 1 }
}

function parse(path: string, body: string, errors: ParseError[], dialect: Dialect): Node | undefined {
  const options = { disallowComments: !dialect.comments, allowTrailingComma: dialect.trailingCommas, allowEmptyContent: true }
  try {
    return parseTree(body, errors, options)
  } catch (cause) {
    if (!(cause instanceof RangeError)) throw cause
    throw new InstallError('config_refused', `${path} is nested too deeply to be edited safely`, 'Nothing was written.', cause)
  }
}

/** `InvalidCommentToken` as `invalid comment token`. */
function wordsOf(code: ParseErrorCode): string {
  return printParseErrorCode(code)
    .replace(/([a-z])([A-Z])/g, '$1 $2')
    .toLowerCase()
}
