import { parseArguments } from '../arguments.ts'
import type { Environment } from '../environment.ts'
import { EXIT } from '../exit-codes.ts'
import { GLOBAL_FLAGS } from '../flags.ts'
import { createOutput } from '../output.ts'
import { safeLine } from '../text.ts'
import type { Candidate, LiveKind } from './candidate.ts'
import { wantedAt } from './candidates.ts'
import { readBashLine } from './shell-words.ts'

/** Tells the shell to complete files itself. */
const FILES = ':files'

/**
 * What the scripts of `muster completion` call: `complete zsh|fish -- <words>`, `complete bash -- <line> <word>`. Prints a candidate a
 * line, with its meaning behind a tab, and nothing else, whatever goes wrong: somebody is in the middle of a line.
 */
export async function answerShell([shell, , ...given]: readonly string[], environment: Environment): Promise<number> {
  try {
    const { words, kept } = shell === 'bash' ? readBashLine(given[0] ?? '', given[1] ?? '') : { words: given, kept: '' }
    const { files, lead, candidates, live, values } = await wantedAt(words)
    const all = [...candidates, ...(await liveNames(live, values, environment))]
    const lines = all.map((candidate) => ({ ...candidate, value: lead + candidate.value })).filter(({ value }) => isPrintable(value))
    const shown =
      shell === 'bash' ? lines.filter(({ value }) => value.startsWith(words.at(-1) ?? '')).map(({ value }) => value.slice(kept.length)) : lines.map(lineOf)
    for (const line of files ? [FILES, ...shown] : shown) environment.stdout.write(`${line}\n`)
  } catch {
    // No candidate is better than an error in the middle of a line.
  }
  environment.endSoon?.()
  return EXIT.ok
}

/** Loads what speaks to the daemon only where it is asked. */
async function liveNames(kinds: readonly LiveKind[], values: Readonly<Record<string, string>>, environment: Environment): Promise<readonly Candidate[]> {
  if (kinds.length === 0) return []
  const { liveCandidates } = await import('./live.ts')
  const args = ['as', 'url'].flatMap((name) => (values[name] === undefined ? [] : [`--${name}=${values[name]}`]))
  const { flags } = parseArguments(args, GLOBAL_FLAGS)
  return await liveCandidates(kinds, { flags, words: [], out: createOutput(environment, true), environment })
}

/** Names are words; anything else would be run or expanded by the shell. */
function isPrintable(value: string): boolean {
  return /^[\w@.,:=/-]+$/.test(value)
}

function lineOf({ value, says }: Candidate): string {
  return says === '' ? value : `${value}\t${safeLine(says)}`
}
