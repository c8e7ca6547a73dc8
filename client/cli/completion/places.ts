import type { Command } from '../command.ts'

/** What may stand at a place of a command line: words as they are, or the name of a kind of thing. */
export interface Place {
  readonly literals: readonly string[]
  readonly kinds: readonly string[]
}

const FLAG_IN_USE = /\[--?[^\]]*\]|\[flags\]|--?[a-z-]+(?: <[^>]+>)?/g
const TOKEN = /\[[^\]]*\]|<[^>]+>|\S+/g

/** The place of the argument with this number, as the use lines of a command show it. */
export function placeIn(usage: Command['usage'], index: number): Place {
  const tokens = usage.map((line) => (line.replace(FLAG_IN_USE, ' ').match(TOKEN) ?? []).slice(1)[index]).filter((token) => token !== undefined)
  const bare = tokens.map((token) => token.replace(/^\[|\]$/g, ''))
  const kinds = bare.filter((token) => token.startsWith('<')).map((token) => token.slice(1, -1))
  const literals = bare.filter((token) => /^[a-z]/.test(token)).flatMap((token) => token.split('|'))
  return { kinds: [...new Set(kinds)], literals: [...new Set(literals)] }
}
