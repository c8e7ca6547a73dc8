import type { Node } from 'jsonc-parser'
import type { Json } from './json-document.ts'
import { beginsLine, endOf, indentAt, type Layout, pretty, type Trivia, triviaBetween } from './json-layout.ts'
import type { Splice } from './splices.ts'

/** Something to be added at the end of an object (with a key) or an array (without). */
export interface Item {
  readonly key?: string
  readonly value: Json
}

/**
 * The insertions that add items at the end of an object or array. They only ever insert: whatever was there, comments and a
 * trailing comma included, stays as it is and where it is.
 */
export function insertItems(text: string, container: Node, items: readonly Item[], layout: Layout): Splice[] {
  const last = container.children?.at(-1)
  const closer = endOf(container) - 1
  return last ? insertBehind(text, container, { last, closer }, items, layout) : insertInto(text, container, closer, items, layout)
}

/** A document of its own, for a file that has no value yet. */
export function freshDocument(value: Json, layout: Layout): string {
  return `${pretty(value, '', layout)}${layout.eol}`
}

function insertBehind(text: string, container: Node, { last, closer }: { last: Node; closer: number }, items: readonly Item[], layout: Layout): Splice[] {
  const behind = endOf(last)
  const trivia = triviaBetween(text, behind, closer)
  const comma = trivia.find(({ kind }) => kind === 'comma')
  if (!trivia.some(({ kind }) => kind === 'newline')) {
    const joined = items.map((item) => compact(item, layout)).join(gap(layout))
    // Behind a trailing comma the new items end with one too.
    return comma ? [insertion(comma.end, `${layout.oneLine ? '' : ' '}${joined},`)] : [insertion(behind, `${gap(layout)}${joined}`)]
  }
  const indent = beginsLine(text, last.offset) ? indentAt(text, last.offset) : indentAt(text, container.offset) + layout.unit
  const lines = items.map((item) => `${layout.eol}${indent}${spread(item, indent, layout)}`).join(',')
  const at = lineEndOf(trivia, comma?.end ?? behind)
  return comma ? [insertion(at, `${lines},`)] : [insertion(behind, ','), insertion(at, lines)]
}

function insertInto(text: string, container: Node, closer: number, items: readonly Item[], layout: Layout): Splice[] {
  const trivia = triviaBetween(text, container.offset + 1, closer)
  const at = trivia.findLast(({ kind }) => kind === 'comment')?.end ?? container.offset + 1
  if (layout.oneLine) return [insertion(at, items.map((item) => compact(item, layout)).join(gap(layout)))]
  const outer = indentAt(text, container.offset)
  const indent = outer + layout.unit
  const lines = items.map((item) => `${layout.eol}${indent}${spread(item, indent, layout)}`).join(',')
  const hasLineEnd = trivia.some(({ kind, offset }) => kind === 'newline' && offset >= at)
  return [insertion(at, hasLineEnd ? lines : `${lines}${layout.eol}${outer}`)]
}

/** Behind the comments that belong to the line in which the last value, or its comma, ends. */
function lineEndOf(trivia: readonly Trivia[], from: number): number {
  let at = from
  for (const { kind, offset, end } of trivia) {
    if (offset < from) continue
    if (kind === 'newline') break
    if (kind === 'comment') at = end
  }
  return at
}

function spread({ key, value }: Item, indent: string, layout: Layout): string {
  const text = pretty(value, indent, layout)
  return key === undefined ? text : `${JSON.stringify(key)}: ${text}`
}

function compact({ key, value }: Item, { oneLine }: Layout): string {
  const text = JSON.stringify(value)
  return key === undefined ? text : `${JSON.stringify(key)}:${oneLine ? '' : ' '}${text}`
}

function gap({ oneLine }: Layout): string {
  return oneLine ? ',' : ', '
}

function insertion(offset: number, text: string): Splice {
  return { offset, length: 0, text }
}
