import type { Node } from 'jsonc-parser'
import { endOf, type Trivia, triviaBetween } from './json-layout.ts'
import type { Splice } from './splices.ts'

/** The removals that take properties and elements out, each with the comma and the white space that came with it. */
export function removeNodes(text: string, doomed: ReadonlySet<Node>): Splice[] {
  const containers = new Set([...doomed].flatMap((node) => (node.parent && !hasDoomedAncestor(node, doomed) ? [node.parent] : [])))
  return [...containers].flatMap((container) => removeFrom(text, container, doomed))
}

function removeFrom(text: string, container: Node, doomed: ReadonlySet<Node>): Splice[] {
  const children = container.children ?? []
  const gaps = gapsOf(text, container, children)
  const lastKept = children.findLastIndex((child) => !doomed.has(child))
  const splices: Splice[] = []
  for (const [index, child] of children.entries()) {
    const before = gaps[index] ?? []
    const comma = gaps[index + 1]?.find(({ kind }) => kind === 'comma')
    if (doomed.has(child)) {
      const start = before.findLast(({ kind }) => kind === 'comment' || kind === 'comma')?.end ?? before[0]?.offset ?? child.offset
      splices.push(cut(start, endOf(child)))
      if (comma) splices.push(cut(comma.offset, comma.end))
    } else if (index === lastKept && index < children.length - 1 && comma && !endsWithComma(gaps)) {
      // The comma led to what is removed; where the file ends its lists with one, it stays.
      splices.push(cut(comma.offset, comma.end))
    }
  }
  return splices
}

/** What stands before each child, and at the end what stands behind the last. */
function gapsOf(text: string, container: Node, children: readonly Node[]): Trivia[][] {
  const starts = [container.offset + 1, ...children.map(endOf)]
  const ends = [...children.map((child) => child.offset), endOf(container) - 1]
  return starts.map((start, index) => triviaBetween(text, start, ends[index] ?? start))
}

function endsWithComma(gaps: readonly (readonly Trivia[])[]): boolean {
  return gaps.at(-1)?.some(({ kind }) => kind === 'comma') === true
}

function hasDoomedAncestor(node: Node, doomed: ReadonlySet<Node>): boolean {
  for (let above = node.parent; above; above = above.parent) if (doomed.has(above)) return true
  return false
}

function cut(offset: number, end: number): Splice {
  return { offset, length: end - offset, text: '' }
}
