/** Deeper than anything that is meant, and far from where a stack ends. */
const MAX_DEPTH = 64

/**
 * Why an input would not be kept as it was said, in a sentence that says what would be; `undefined` where it would. What a person is shown and approves must be what
 * is done: a field `__proto__` gets lost on the way, and so do the last digits of a large number.
 */
export function whyNotKept(input: unknown): string | undefined {
  const left: [value: unknown, depth: number][] = [[input, 0]]
  for (let next = left.pop(); next; next = left.pop()) {
    const [value, depth] = next
    if (typeof value === 'number' && !isExact(value)) return 'A number beyond 2^53 loses its last digits, or all: say it as text.'
    if (typeof value !== 'object' || value === null) continue
    if (depth > MAX_DEPTH) return `Nested at most ${MAX_DEPTH} deep.`
    if (Object.hasOwn(value, '__proto__')) return 'A field cannot be called __proto__.'
    for (const each of Object.values(value)) left.push([each, depth + 1])
  }
  return undefined
}

/** What is written as more than there is for a number has become infinite. */
function isExact(value: number): boolean {
  return Number.isInteger(value) ? Number.isSafeInteger(value) : Number.isFinite(value)
}
