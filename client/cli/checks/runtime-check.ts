import { type Configured, configuredIn } from '../../agents/install/configured.ts'
import { plainText, runProgram } from '../../agents/install/programs.ts'
import type { Target } from '../../agents/install/target.ts'
import type { Invocation } from '../command.ts'
import { siteOf, sitesOf } from '../install-site.ts'
import { relativeTime } from '../when.ts'
import type { Check, Finding } from './check.ts'
import { lastHookAt } from './hook-times.ts'

const VERSION_TIMEOUT_MS = 30_000

/** One agent program: found, of which version, connected to Muster, and whether its hooks fire. */
export function runtimeCheck(target: Target): Check {
  return { run: async (invocation) => await examine(target, invocation) }
}

async function examine(target: Target, invocation: Invocation): Promise<readonly Finding[]> {
  const { environment } = invocation
  const subject = target.driver.shortName
  const { program, env, project } = siteOf(environment, target, 'user')
  if (program === undefined) return [{ subject, check: 'found', state: 'off', says: `there is no ${target.program} on the PATH` }]
  const ran = await runProgram(program, ['--version'], { env, cwd: project, timeoutMs: VERSION_TIMEOUT_MS })
  const version = /\d+\.\d+\.\d+[\w.-]*/.exec(plainText(ran.stdout))?.[0]
  const found: Finding =
    version === undefined
      ? { subject, check: 'found', state: 'fail', says: `${program} does not tell its version`, facts: { path: program, version: null } }
      : { subject, check: 'found', state: 'ok', says: `${version} at ${program}`, facts: { path: program, version } }
  const configured = await Promise.all(sitesOf(environment, target).map(async (site) => ({ scope: site.scope, ...(await configuredIn(target, site)) })))
  const shown = configured.filter(({ scope, state }) => scope === 'user' || state !== 'absent')
  const isOn = configured.some(({ state }) => state !== 'absent')
  return [found, ...shown.map((one) => configuredFinding(target, one)), ...(isOn ? [hooksFinding(target, invocation)] : [])]
}

function configuredFinding({ driver }: Target, { scope, state, says, found }: Configured & { readonly scope: string }): Finding {
  const about = { subject: driver.shortName, check: scope === 'user' ? 'configured' : 'configured here', says, facts: { scope, entries: found } }
  const install = `muster install ${driver.shortName}${scope === 'user' ? '' : ' --scope project'}`
  if (state === 'absent') return { ...about, state: 'off', hint: `${install} connects it.` }
  if (state === 'current') return { ...about, state: 'ok' }
  if (state === 'broken') return { ...about, state: 'fail', hint: 'Mend the file; then muster doctor again.' }
  return { ...about, state: state === 'outdated' ? 'warn' : 'fail', hint: `${install} brings it up to date.` }
}

function hooksFinding({ driver }: Target, { environment }: Invocation): Finding {
  const at = lastHookAt(environment.paths, driver.name)
  const about = { subject: driver.shortName, check: 'hooks', facts: { lastFiredAt: at === undefined ? null : new Date(at).toISOString() } }
  if (at !== undefined) return { ...about, state: 'ok', says: `last fired ${relativeTime(new Date(at).toISOString(), environment.now())}` }
  const trust = driver.name === 'codex' ? ' It runs new hooks only after it has asked you once.' : ''
  return { ...about, state: 'warn', says: 'none has fired here yet', hint: `Start or restart ${driver.title} and say something to it.${trust}` }
}
