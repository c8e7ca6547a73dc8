import type { Command } from '../command.ts'
import { type Flag, GLOBAL_FLAGS } from '../flags.ts'

/** What has been typed behind the command, up to the word that is being completed. */
export interface TypedLine {
  /** The arguments that are no flags. */
  readonly words: readonly string[]
  /** The values of the flags that take one. */
  readonly values: Readonly<Record<string, string>>
  /** The flag whose value is being typed. */
  readonly pending: string | undefined
  /** Behind `--` nothing is a flag. */
  readonly flagsEnded: boolean
}

/** Reads it as the command will, and forgives what it would refuse: the line is not finished. */
export function readLine(typed: readonly string[], command: Command): TypedLine {
  const flags: Readonly<Record<string, Flag>> = { ...GLOBAL_FLAGS, ...command.flags }
  const end = typed.indexOf('--')
  const before = end === -1 ? typed : typed.slice(0, end)
  const words: string[] = []
  const values: Record<string, string> = {}
  let pending: string | undefined
  for (const word of before) {
    const named = pending === undefined ? flagNamed(word, flags) : { name: pending, value: word }
    pending = undefined
    if (named?.value !== undefined) values[named.name] = named.value
    else if (named) pending = flags[named.name]?.type === 'string' ? named.name : undefined
    else if (!word.startsWith('-')) words.push(word)
  }
  if (end === -1) return { words, values, pending, flagsEnded: false }
  return { words: [...words, ...typed.slice(end + 1)], values, pending: undefined, flagsEnded: true }
}

function flagNamed(word: string, flags: Readonly<Record<string, Flag>>): { readonly name: string; readonly value: string | undefined } | undefined {
  const [, long, value] = /^--([^=]+)(?:=(.*))?$/s.exec(word) ?? []
  const name = long ?? Object.keys(flags).find((one) => word === `-${flags[one]?.short}`)
  return name !== undefined && Object.hasOwn(flags, name) ? { name, value } : undefined
}
