import { isEmptyPlan, planUninstall } from '../../agents/install/install-plan.ts'
import { installing } from '../changes.ts'
import type { Command, Invocation } from '../command.ts'
import { EXIT } from '../exit-codes.ts'
import { carryOut, INSTALL_FLAGS, planDocument, readErrand } from '../installing.ts'

export const command: Command = {
  usage: ['uninstall claude|codex|gemini|opencode [--scope <scope>] [--dry-run] [--yes]'],
  about: [
    'Takes out what muster install put into the configuration of an agent program, and nothing else. A file that nobody has changed',
    'since is byte for byte what it was; one that muster install made goes, unless somebody put more into it. Sessions that run keep',
    'what they have loaded until they end.',
  ],
  flags: INSTALL_FLAGS,
  examples: [
    ['muster uninstall claude', 'show what changes, ask, do it'],
    ['muster uninstall gemini --yes', 'without asking'],
  ],
  run: uninstall,
}

async function uninstall(invocation: Invocation): Promise<number> {
  const { out } = invocation
  const { target, site } = readErrand(invocation, 'uninstall')
  const { title } = target.driver
  const plan = await installing(planUninstall(target, site))
  const about = { runtime: target.driver.shortName, scope: site.scope, ...planDocument(target, plan) }
  if (isEmptyPlan(plan)) {
    if (out.json) out.document({ ...about, state: 'unchanged' })
    else out.line(`Nothing of Muster is installed in ${title}.`)
    return EXIT.ok
  }
  const given = await carryOut(invocation, { target, site }, plan, about)
  if (given !== undefined) return given
  if (out.json) out.document({ ...about, state: 'removed' })
  else out.line(`Muster is no longer installed in ${title}.`)
  return EXIT.ok
}
