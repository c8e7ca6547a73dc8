import type { RuntimeDriver } from '../driver.ts'
import type { Hook, HookGroup } from './json-editor.ts'
import { type MusterCommand, shellLine } from './muster-command.ts'
import type { Site } from './target.ts'

/** Longer than the longest budget of `muster hook`, which gives up by itself and lets the runtime go on. */
export const HOOK_TIMEOUT_SEC = 10
/** Of `muster hook`: people are asked for permissions. */
export const CARDS_FLAG = '--cards'

/** Of the hook that asks people: it gives up by itself before. */
const CARD_MARGIN_SEC = 30

/** The hooks that a runtime is to have: one group an event, each calling `muster hook <runtime> <event>`. */
export function hookGroups(
  driver: RuntimeDriver,
  command: MusterCommand,
  more: Readonly<Record<string, Hook[string]>>,
  { cards = false }: Pick<Site, 'cards'> = {},
): Record<string, HookGroup> {
  const groups = driver.hooks.map(({ event, name, matcher }) => {
    const asks = cards && event === 'permission' ? driver.dialog : undefined
    const words = ['hook', driver.shortName, event, ...(asks ? [CARDS_FLAG] : [])]
    const hook: Hook = { type: 'command', command: shellLine(command, ...words), ...more, ...(asks && { timeout: asks.patienceSec + CARD_MARGIN_SEC }) }
    return [name, { ...(matcher !== undefined && { matcher }), hooks: [hook] }] as const
  })
  return Object.fromEntries(groups)
}

/** The command of the bridge. */
export function bridgeArgv(driver: RuntimeDriver, { argv }: MusterCommand): readonly [program: string, ...args: string[]] {
  const [program = '', ...args] = argv
  return [program, ...args, 'mcp', '--runtime', driver.name]
}
