import { isName, nameFrom } from '../local/names.ts'
import type { Flags } from './arguments.ts'
import type { Environment } from './environment.ts'
import { usageError } from './failure.ts'
import { configured } from './settings/configured.ts'

/** The peer that was asked for by `--as` or MUSTER_AS; `undefined` where neither says. */
export function chosenName(flags: Flags, { env }: Environment): string | undefined {
  const flag = flags.text('as')
  const name = flag ?? (env['MUSTER_AS'] || undefined)
  if (name !== undefined && !isName(name)) {
    throw usageError(
      `${flag === undefined ? 'MUSTER_AS' : '--as'} cannot be "${name}"`,
      'Expected letters, digits, ".", "_" or "-", beginning and ending with a letter or a digit.',
    )
  }
  return name
}

/** Who speaks where a peer has to and none was asked for: `as` of the settings, or `cli-<user>` with whatever a name may not contain replaced. */
export function defaultName(environment: Environment): string {
  return configured('as', environment) ?? nameFrom('cli', environment.userName())
}
