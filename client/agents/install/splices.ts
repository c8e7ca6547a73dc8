/** A replacement in a text: `length` characters at `offset` become `text`. Offsets count UTF-16 units. */
export interface Splice {
  readonly offset: number
  readonly length: number
  readonly text: string
}

/** Applies splices that do not overlap. Those at the same offset keep their order. */
export function applySplices(text: string, splices: readonly Splice[]): string {
  let result = ''
  let at = 0
  for (const { offset, length, text: replacement } of inOrder(splices)) {
    result += text.slice(at, offset) + replacement
    at = offset + length
  }
  return result + text.slice(at)
}

/** What turns the result of `applySplices` back into the text it was made of. */
export function invertSplices(text: string, splices: readonly Splice[]): Splice[] {
  let shift = 0
  return inOrder(splices).map(({ offset, length, text: replacement }) => {
    const inverse = { offset: offset + shift, length: replacement.length, text: text.slice(offset, offset + length) }
    shift += replacement.length - length
    return inverse
  })
}

/** The one splice that turns a text into another: what lies between their common beginning and their common end. */
export function spliceBetween(from: string, to: string): Splice {
  const shorter = Math.min(from.length, to.length)
  let start = 0
  while (start < shorter && from[start] === to[start]) start++
  let end = 0
  while (end < shorter - start && from[from.length - 1 - end] === to[to.length - 1 - end]) end++
  return { offset: start, length: from.length - start - end, text: to.slice(start, to.length - end) }
}

function inOrder(splices: readonly Splice[]): Splice[] {
  return [...splices].sort((a, b) => a.offset - b.offset)
}
