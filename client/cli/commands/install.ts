import { asksPeople, configuredIn } from '../../agents/install/configured.ts'
import { isEmptyPlan, planInstall } from '../../agents/install/install-plan.ts'
import type { Health } from '../../agents/install/target.ts'
import { TARGETS } from '../../agents/install/targets.ts'
import { installing } from '../changes.ts'
import type { Command, Invocation } from '../command.ts'
import { EXIT } from '../exit-codes.ts'
import { CliError, usageError } from '../failure.ts'
import { sitesOf } from '../install-site.ts'
import { carryOut, type Errand, INSTALL_FLAGS, planDocument, readErrand } from '../installing.ts'
import { safeLine } from '../text.ts'

export const command: Command = {
  usage: ['install claude|codex|gemini|opencode [--scope <scope>] [--permission-cards] [--dry-run] [--yes]'],
  about: [
    'Makes the sessions of an agent program peers: its MCP server, and the hooks (OpenCode: the plugin) by which messages reach it.',
    'Shows every change as a diff and asks first. Writes its own entries only; the rest of each file keeps every byte. Broken files',
    'are refused. Ends with the health check of the program itself. Doing it again changes nothing, or brings the entries up to date.',
  ],
  flags: {
    ...INSTALL_FLAGS,
    'permission-cards': { type: 'boolean', summary: 'Ask people on their devices, too, for what it asks its user' },
    'no-permission-cards': { type: 'boolean', summary: 'Ask at the terminal only (as it is; at first, that)' },
  },
  examples: [
    ['muster install claude', 'show what changes, ask, do it'],
    ['muster install codex --dry-run', 'only show it'],
    ['muster install claude --permission-cards', 'permissions on the phone, too'],
    ['muster install opencode --scope project --yes', 'for those who work in this folder'],
  ],
  run: install,
}

async function install(invocation: Invocation): Promise<number> {
  const { out } = invocation
  const errand = await withCards(invocation, readErrand(invocation, 'install'))
  const { target, site } = errand
  const { title } = target.driver
  if (site.program === undefined) {
    throw new CliError('runtime_not_found', `there is no ${target.program} on the PATH`, { hint: `Install ${title} first; nothing was changed.` })
  }
  await refuseTwice(invocation, errand)
  noteUnsteady(errand, out.note)
  const plan = await installing(planInstall(target, site))
  const about = { runtime: target.driver.shortName, scope: site.scope, ...planDocument(target, plan) }
  if (isEmptyPlan(plan)) return report(invocation, errand, { ...about, state: 'unchanged' }, await target.health(site, site.program))
  const given = await carryOut(invocation, errand, plan, about)
  if (given !== undefined) return given
  return report(invocation, errand, { ...about, state: 'installed' }, await target.health(site, site.program))
}

/** What people are asked for is theirs to say, and stays as it is where nothing is said. */
async function withCards({ flags }: Invocation, { target, site }: Errand): Promise<Errand> {
  const [on, off] = [flags.on('permission-cards'), flags.on('no-permission-cards')]
  if (on && off) throw usageError('--permission-cards and --no-permission-cards exclude each other', 'Give one of them.')
  if (on && !target.driver.dialog) {
    const able = Object.entries(TARGETS).flatMap(([name, { driver }]) => (driver.dialog ? [name] : []))
    throw usageError(`${target.driver.title} lets no hook answer a request for permission`, `--permission-cards is for ${able.join(' and ')}.`)
  }
  const cards = on || (!off && (await installing(asksPeople(target, site))))
  return { target, site: { ...site, cards } }
}

/** Hooks for this user and hooks in this folder would both run. */
async function refuseTwice({ environment }: Invocation, { target, site }: Errand): Promise<void> {
  for (const other of sitesOf(environment, target)) {
    if (other.scope === site.scope || target.folder(other) === target.folder(site)) continue
    const { found } = await configuredIn(target, other)
    if (found.length === 0) continue
    const where = other.scope === 'user' ? 'for this user' : 'in this folder'
    throw new CliError('config_taken', `Muster is installed in ${target.driver.title} ${where} already: with both, everything would happen twice`, {
      hint: `Nothing was written. Keep it, or first: muster uninstall ${target.driver.shortName} --scope ${other.scope}`,
    })
  }
}

function report({ out }: Invocation, { target, site }: Errand, about: { readonly state: string }, health: Health): number {
  const { title } = target.driver
  const next = target.next(site)
  if (out.json) out.document({ ...about, health, next })
  else {
    out.line(about.state === 'unchanged' ? `Muster is installed in ${title} already.` : `Muster is installed in ${title}.`)
    out.line(safeLine(health.said))
    if (health.ok) for (const line of next) out.note(line)
  }
  if (health.ok) return EXIT.ok
  out.problem(`${title} does not get through to Muster: ${health.said}`, 'muster doctor shows more; muster uninstall takes it out again.')
  return EXIT.failure
}

/** A Muster that is about to be cleaned away, or a path that others do not have. */
function noteUnsteady({ site, target }: Errand, note: (text: string) => void): void {
  const { argv } = site.command
  if (argv.some((word) => /[\\/]_npx[\\/]/.test(word))) {
    note("This muster lives in npx's cache, which npm cleans up: npm install -g muster, then install again.")
  } else if (site.scope === 'project' && argv.length > 1) {
    note(`muster is not on the PATH, so the files of ${target.driver.title} in this folder will name ${argv.at(-1)}, which others do not have.`)
  }
}
