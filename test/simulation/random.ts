/** Seeded randomness (sfc32): the same seed tells the same story on every machine. */
export class Random {
  #a: number
  #b: number
  #c = 0x9e3779b9
  #d = 1

  constructor(seed: number) {
    this.#a = seed | 0
    this.#b = Math.imul(seed ^ 0x5bf03635, 0x85ebca6b) | 0
    for (let round = 0; round < 12; round += 1) this.next()
  }

  /** From 0 up to, but not including, 1. */
  readonly next = (): number => {
    const t = (this.#a + this.#b + this.#d) | 0
    this.#d = (this.#d + 1) | 0
    this.#a = this.#b ^ (this.#b >>> 9)
    this.#b = (this.#c + (this.#c << 3)) | 0
    this.#c = ((this.#c << 21) | (this.#c >>> 11)) + t
    return (t >>> 0) / 2 ** 32
  }

  /** A whole number from `from` to `to`, both included. */
  between(from: number, to: number): number {
    return from + Math.floor(this.next() * (to - from + 1))
  }

  chance(probability: number): boolean {
    return this.next() < probability
  }

  pick<T>(items: readonly T[]): T | undefined {
    return items[Math.floor(this.next() * items.length)]
  }

  /** One of the entries, as often as its weight says. */
  weighted<T>(entries: readonly (readonly [T, number])[]): T {
    let rest = this.next() * entries.reduce((sum, [, weight]) => sum + weight, 0)
    for (const [item, weight] of entries) {
      rest -= weight
      if (rest < 0) return item
    }
    return (entries.at(-1) as readonly [T, number])[0]
  }

  readonly bytes = (count: number): Uint8Array => Uint8Array.from({ length: count }, () => Math.floor(this.next() * 256))

  shuffle<T>(items: readonly T[]): T[] {
    const shuffled = [...items]
    for (let index = shuffled.length - 1; index > 0; index -= 1) {
      const other = this.between(0, index)
      ;[shuffled[index], shuffled[other]] = [shuffled[other] as T, shuffled[index] as T]
    }
    return shuffled
  }
}
