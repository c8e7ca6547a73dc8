import type { Invocation } from './command.ts'
import type { Environment } from './environment.ts'
import { usageError } from './failure.ts'
import type { Flag } from './flags.ts'
import { isTerminal } from './secret.ts'

/** The flags of what asks before it does something. */
export const CONFIRM_FLAGS = {
  'dry-run': { type: 'boolean', summary: 'Show what would change, and change nothing' },
  yes: { type: 'boolean', short: 'y', summary: 'Do not ask' },
} as const satisfies Record<string, Flag>

/**
 * Whether to go on. Asks on a terminal; without an answer, no.
 *
 * @throws CliError `usage` where nobody can be asked
 */
export async function isConfirmed({ flags, out, environment }: Invocation, question = 'Do this?'): Promise<boolean> {
  if (flags.on('yes')) return true
  const { stdin, stderr } = environment
  if (out.json || !isTerminal(stdin)) throw usageError('nothing was changed: there is nobody to ask', 'Give --yes, or --dry-run.')
  stderr.write(`${question} [y/N] `)
  return /^y(es)?$/i.test((await firstLine(stdin)).trim())
}

async function firstLine(stdin: Environment['stdin']): Promise<string> {
  let text = ''
  for await (const chunk of stdin) {
    text += Buffer.from(chunk).toString('utf8')
    if (text.includes('\n')) break
  }
  return text.split('\n', 1)[0] ?? ''
}
