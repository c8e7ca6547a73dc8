/** Something that the palette can do: go to a place, or act. */
export interface Goal {
  readonly name: string
  /** What kind of thing it is, in one word. */
  readonly kind: string
  /** Words by which it is found, too. */
  readonly words?: string
  /** The keys that do the same. */
  readonly keys?: string
  readonly path?: string
  readonly run?: () => void
}

/**
 * The goals that have all words of a query, the best first: where a word begins the name, then where it begins any word of it, then
 * anywhere. Of equals the earlier stays first.
 */
export function findGoals(goals: readonly Goal[], query: string): readonly Goal[] {
  const words = query.toLowerCase().split(/\s+/).filter(Boolean)
  if (words.length === 0) return goals
  const rank = ({ name, kind, words: more = '' }: Goal): number => {
    const text = `${name} ${more} ${kind}`.toLowerCase()
    let total = 0
    for (const word of words) {
      const at = text.indexOf(word)
      if (at < 0) return Number.POSITIVE_INFINITY
      total += at === 0 ? 0 : isStart(text, word) ? 1 : 2
    }
    return total
  }
  return goals
    .map((goal, index) => ({ goal, index, rank: rank(goal) }))
    .filter((each) => each.rank < Number.POSITIVE_INFINITY)
    .sort((a, b) => a.rank - b.rank || a.index - b.index)
    .map(({ goal }) => goal)
}

function isStart(text: string, word: string): boolean {
  return text.split(/[\s._-]+/).some((part) => part.startsWith(word))
}
