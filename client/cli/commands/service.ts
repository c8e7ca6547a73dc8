import { mkdirSync, rmSync } from 'node:fs'
import { dirname } from 'node:path'
import { shellLine } from '../../agents/install/muster-command.ts'
import { saidBy } from '../../agents/install/programs.ts'
import { unifiedDiff } from '../../agents/install/unified-diff.ts'
import { writeWhole } from '../../local/private-file.ts'
import { expectWords } from '../arguments.ts'
import { showChange } from '../changes.ts'
import type { Command, Invocation } from '../command.ts'
import { isConfirmed } from '../confirm.ts'
import { findDaemon } from '../daemon-search.ts'
import { EXIT } from '../exit-codes.ts'
import { CliError, usageError } from '../failure.ts'
import { poll } from '../poll.ts'
import type { Service, ServiceState } from '../service/service.ts'
import { installedText, serviceHere } from '../service/service-here.ts'
import { safeText } from '../text.ts'

const READY_WITHIN_MS = 30_000

export const command: Command = {
  usage: ['service install [--dry-run] [--yes]', 'service uninstall [--dry-run] [--yes]', 'service status'],
  about: [
    'Has systemd (Linux) or launchd (macOS) start the daemon with your session, and again after a crash. Shows what it writes and runs, and asks',
    'first. Writes one file and marks it; uninstall takes out that one and no other, and leaves the data. Doing it again changes nothing, or',
    'brings the file up to date. With MUSTER_HOME it is the service of those files, beside others. status ends with 3 where it does not run.',
  ],
  flags: {
    'dry-run': { type: 'boolean', summary: 'Show what would change, and change nothing' },
    yes: { type: 'boolean', short: 'y', summary: 'Do not ask' },
  },
  examples: [
    ['muster service install', 'show what changes, ask, do it'],
    ['muster service status', 'whether it is installed, and runs'],
    ['muster service uninstall --yes', 'stop it and take it out'],
  ],
  run: service,
}

async function service(invocation: Invocation): Promise<number> {
  const { words, environment } = invocation
  expectWords(words, ['install, uninstall or status'], 'service install|uninstall|status')
  switch (words[0]) {
    case 'install':
      return await install(invocation, serviceHere(environment))
    case 'uninstall':
      return await uninstall(invocation, serviceHere(environment))
    case 'status':
      return await status(invocation, serviceHere(environment))
    default:
      throw usageError(`there is no service "${words[0]}"`, 'Expected install, uninstall or status.')
  }
}

/** What is done: a file that changes, and commands. */
interface Plan {
  readonly before: string | undefined
  readonly after: string | undefined
  readonly commands: readonly (readonly string[])[]
}

async function install(invocation: Invocation, to: Service): Promise<number> {
  const { environment, out } = invocation
  const before = installedText(to)
  const state = await to.state()
  if (before === to.text && state.active && state.enabled) return await report(invocation, to, 'unchanged', state)
  const plan: Plan = { before, after: to.text, commands: to.install(state.enabled) }
  noteUnsteady(to.text, out.note)
  if (!(await isAgreed(invocation, to, plan, async () => await refuseRival(invocation, state)))) return await declined(invocation, to, plan)
  mkdirSync(dirname(to.file), { recursive: true })
  writeWhole(to.file, to.text, 0o644)
  // On macOS its folder must be there; and what an earlier one left is taken for its own only by the daemon.
  mkdirSync(environment.paths.state, { recursive: true, mode: 0o700 })
  await runAll(to, plan.commands)
  const runs = await poll(async () => ((await findDaemon(environment.paths)).kind === 'running' ? true : undefined), READY_WITHIN_MS)
  const exit = await report(invocation, to, 'installed', await to.state())
  if (runs) return exit
  out.problem(`the daemon of ${to.name} is not ready`, `${to.log} may say why.`)
  return EXIT.failure
}

async function uninstall(invocation: Invocation, from: Service): Promise<number> {
  const { out } = invocation
  const before = installedText(from)
  if (before === undefined) {
    if (out.json) out.document({ ...about(from), state: 'unchanged' })
    else out.line(`${from.name} is not installed.`)
    return EXIT.ok
  }
  const state = await from.state()
  const first = state.enabled || state.active ? [from.uninstall.before] : []
  const plan: Plan = { before, after: undefined, commands: [...first, ...from.uninstall.after] }
  if (!(await isAgreed(invocation, from, plan, async () => undefined))) return await declined(invocation, from, plan)
  await runAll(from, first)
  rmSync(from.file)
  await runAll(from, from.uninstall.after)
  if (out.json) out.document({ ...about(from), state: 'removed' })
  else out.line(`${from.name} is removed. Muster and its data stay; muster up starts the daemon without it.`)
  return EXIT.ok
}

async function status({ out }: Invocation, of: Service): Promise<number> {
  const text = installedText(of)
  const state = await of.state()
  const file = text === undefined ? 'not installed' : text === of.text ? 'installed' : 'installed, of another version or place'
  const notes = text === undefined ? [] : await of.notes()
  if (out.json) out.document({ ...about(of), installed: text !== undefined, current: text === of.text, ...state, log: of.log, notes })
  else {
    out.fields([
      ['service', `${of.name} (${of.kind})`],
      ['file', `${of.file}: ${file}`],
      ['state', state.says],
      ['log', of.log],
    ])
    for (const { text: note, hint } of notes) out.note(`${note} ${hint}`)
    if (text !== undefined && text !== of.text) out.note('muster service install brings it up to date.')
  }
  return state.active ? EXIT.ok : EXIT.notRunning
}

/** Shows a plan, makes sure that it can be done, and asks. A dry run goes as far, and fails where the real one would. */
async function isAgreed(invocation: Invocation, service: Service, plan: Plan, refuse: () => Promise<void>): Promise<boolean> {
  const { out, flags } = invocation
  if (!out.json) {
    if (plan.before !== plan.after) showChange(out, { path: service.file, before: plan.before, after: plan.after })
    for (const args of plan.commands) out.line(`runs: ${safeText(shellLine({ argv: [service.program, ...args], env: {} }))}`)
  }
  const probed = await service.run(service.probe)
  if (probed.status !== 0) {
    throw new CliError('service_failed', `${service.program} does not reach ${service.kind}: ${saidBy(probed)}`, {
      hint: 'Nothing was changed. It needs a login session of this user, not su or sudo; on a server, loginctl enable-linger makes one.',
    })
  }
  await refuse()
  return !flags.on('dry-run') && (await isConfirmed(invocation))
}

async function declined({ out, flags }: Invocation, service: Service, plan: Plan): Promise<number> {
  const isDry = flags.on('dry-run')
  if (out.json) {
    const commands = plan.commands.map((args) => [service.program, ...args])
    out.document({ ...about(service), state: 'planned', diff: unifiedDiff(service.file, plan.before, plan.after), commands })
  }
  out.note('Nothing was changed.')
  return isDry ? EXIT.ok : EXIT.failure
}

/** A daemon that somebody else started has the port and the database: that of the service would end at once. */
async function refuseRival({ environment }: Invocation, { active }: ServiceState): Promise<void> {
  const found = await findDaemon(environment.paths)
  if (active || found.kind !== 'running') return
  throw new CliError('daemon_running', `a daemon runs already (pid ${found.file.pid}), outside of the service`, {
    hint: 'Nothing was changed. muster down && muster service install: peers come back by themselves.',
  })
}

async function runAll(service: Service, commands: readonly (readonly string[])[]): Promise<void> {
  for (const args of commands) {
    const ran = await service.run(args)
    if (ran.status === 0) continue
    throw new CliError('service_failed', `${[service.program, ...args].join(' ')} failed: ${saidBy(ran)}`, {
      hint: `${service.log} may say why. muster service status shows what is installed; the same command again goes on.`,
    })
  }
}

async function report({ out }: Invocation, service: Service, what: 'installed' | 'unchanged', state: ServiceState): Promise<number> {
  const notes = await service.notes()
  if (out.json) out.document({ ...about(service), state: what, active: state.active, log: service.log, notes })
  else {
    out.line(what === 'unchanged' ? `${service.name} is installed already, and runs.` : `${service.name} is installed: ${state.says}.`)
    out.note(`Its log: ${service.log}`)
    for (const { text, hint } of notes) out.note(`${text} ${hint}`)
  }
  return EXIT.ok
}

function about({ kind, name, file }: Service): object {
  return { kind, name, file }
}

/** A node or a Muster that a version manager or npx will clean away takes the service with it. */
function noteUnsteady(text: string, note: (text: string) => void): void {
  if (/[\\/]_npx[\\/]/.test(text)) note("This muster lives in npx's cache, which npm cleans up: npm install -g muster, then install again.")
  if (/[\\/](?:\.nvm|\.fnm|fnm_multishells|\.volta|\.asdf|mise)[\\/]/.test(text)) {
    note('This node belongs to a version manager: when you remove that version, run muster service install again.')
  }
}
