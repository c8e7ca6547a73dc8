import type { Node } from 'jsonc-parser'
import type { Json } from './json-document.ts'

/** How a file is written, so that what is added looks like the rest. */
export interface Layout {
  readonly eol: string
  /** One step of indentation. */
  readonly unit: string
  /** All that is there stands on one line. */
  readonly oneLine: boolean
}

const DEFAULT_UNIT = '  '

export function layoutOf(text: string, root: Node | undefined): Layout {
  const eol = /\r\n|\n|\r/.exec(text)?.[0] ?? '\n'
  const oneLine = root !== undefined && isFilled(root) && !/[\r\n]/.test(text.slice(root.offset, endOf(root)))
  return { eol, unit: (root && indentWithin(text, root)) ?? DEFAULT_UNIT, oneLine }
}

/** A value on several lines, the first of which stands where it is put. */
export function pretty(value: Json, indent: string, { eol, unit }: Layout): string {
  return JSON.stringify(value, null, unit).split('\n').join(`${eol}${indent}`)
}

/** The white space at the beginning of the line of an offset. */
export function indentAt(text: string, offset: number): string {
  const lineStart = lineStartBefore(text, offset)
  return /^[ \t]*/.exec(text.slice(lineStart, offset))?.[0] ?? ''
}

/** Whether nothing but white space precedes an offset in its line. */
export function beginsLine(text: string, offset: number): boolean {
  return /^[ \t]*$/.test(text.slice(lineStartBefore(text, offset), offset))
}

/** A piece of what may stand between two values. */
export interface Trivia {
  readonly kind: 'blank' | 'newline' | 'comment' | 'comma'
  readonly offset: number
  readonly end: number
}

const TRIVIA = /(?<newline>\r\n|\n|\r)|(?<blank>[ \t\f\v]+)|(?<comment>\/\/[^\r\n]*|\/\*[\s\S]*?\*\/)|(?<comma>,)/y

/** What stands between two offsets where no value is. */
export function triviaBetween(text: string, start: number, end: number): Trivia[] {
  const found: Trivia[] = []
  let at = start
  while (at < end) {
    TRIVIA.lastIndex = at
    const groups = TRIVIA.exec(text)?.groups
    if (!groups) throw new Error(`Unexpected character at ${at}`)
    const kind = (['newline', 'blank', 'comment', 'comma'] as const).find((name) => groups[name] !== undefined) ?? 'blank'
    found.push({ kind, offset: at, end: TRIVIA.lastIndex })
    at = TRIVIA.lastIndex
  }
  return found
}

export function endOf(node: Node): number {
  return node.offset + node.length
}

function isFilled(root: Node): boolean {
  return (root.children?.length ?? 0) > 0
}

/** By how much the first member that begins a line is indented more than the object around it. */
function indentWithin(text: string, root: Node): string | undefined {
  const outer = indentAt(text, root.offset)
  const inner = (root.children ?? []).find((child) => beginsLine(text, child.offset))
  const unit = inner && indentAt(text, inner.offset).slice(outer.length)
  return unit === '' ? undefined : unit
}

function lineStartBefore(text: string, offset: number): number {
  return Math.max(text.lastIndexOf('\n', offset - 1), text.lastIndexOf('\r', offset - 1)) + 1
}
