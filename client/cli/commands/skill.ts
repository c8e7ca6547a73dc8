import { homedir } from 'node:os'
import { findProgram } from '../../agents/install/programs.ts'
import { lookAtCopies, type SkillCopy } from '../../skills/copies.ts'
import { findSkill, type ShippedSkill, shippedSkills } from '../../skills/library.ts'
import { type Ground, SKILL_RUNTIMES, SKILL_SCOPES, type SkillRuntime, type SkillScope, skillPlaces } from '../../skills/places.ts'
import { examineSkills } from '../../skills/skill-doctor.ts'
import { applySkillPlan, planSkillInstall, planSkillRemoval, type SkillPlan } from '../../skills/skill-plan.ts'
import { SKILL_FILE } from '../../skills/specification.ts'
import { installing } from '../changes.ts'
import type { Invocation } from '../command.ts'
import { CONFIRM_FLAGS, isConfirmed } from '../confirm.ts'
import { EXIT } from '../exit-codes.ts'
import { CliError, usageError } from '../failure.ts'
import { family } from '../family.ts'
import { showList } from '../listing.ts'
import { nearest } from '../nearest.ts'
import { copyDocument, noteLeft, planDocument, showFindings, showPlan, showSkills } from '../skills/show.ts'
import { safeText } from '../text.ts'
import { cliVersion } from '../version.ts'
import { folderMeant } from '../workspace-folder.ts'

const DIR = { dir: { type: 'string', value: 'folder', summary: 'The project (this folder)' } } as const
const WHERE = {
  all: { type: 'boolean', summary: 'All that are shipped' },
  runtime: { type: 'string', value: 'list', summary: 'For these: claude, codex, gemini, opencode (those on the PATH)', values: SKILL_RUNTIMES },
  scope: { type: 'string', value: 'scope', summary: 'user, or project: the folders of this project (user)', values: SKILL_SCOPES },
  ...DIR,
  ...CONFIRM_FLAGS,
} as const

export const command = family({
  name: 'skill',
  about: [
    'Skills tell a model how something is done with Muster; it reads one when it is about to do that. `install` copies them to where the programs look:',
    'Claude Code in .claude/skills, Codex, Gemini CLI and OpenCode in .agents/skills, of your home folder or of a project. Doing it again brings them up to date;',
    'what you have edited stays as it is. Every one of them is valid by the Agent Skills specification, and `doctor` checks all that are found in these folders.',
  ],
  fallback: 'list',
  actions: {
    list: { summary: 'The shipped ones, and where they are installed', words: [], flags: DIR, run: list },
    show: { summary: 'What one says; with a file, that of it', words: ['skill', 'file?'], run: show },
    install: { summary: 'Copy them to where programs read them', words: ['skill…'], flags: WHERE, run: install },
    uninstall: { summary: 'Remove what install wrote', words: ['skill…'], flags: WHERE, run: uninstall },
    doctor: { summary: 'Look at every skill in these folders', words: [], flags: DIR, run: doctor },
  },
  examples: [
    ['muster skill', 'which there are'],
    ['muster skill install --all', 'for this user, for the programs that are here'],
    ['muster skill install mesh delegation --scope project --runtime codex', 'two of them, in this project'],
    ['muster skill show coordination', 'what it says'],
    ['muster skill doctor', 'whether all are valid and as they were installed'],
  ],
})

async function list(invocation: Invocation): Promise<number> {
  const { out } = invocation
  const skills = await shippedSkills()
  const ground = groundOf(invocation)
  const places = SKILL_SCOPES.flatMap((scope) => skillPlaces(ground, scope))
  const copies = await lookAtCopies(skills, places, cliVersion())
  const document = {
    skills: skills.map(({ name, description, folder, files }) => ({ name, description, folder, files: [...files.keys()] })),
    copies: copies.filter(({ state }) => state !== 'absent').map(copyDocument),
  }
  return showList(out, { document, rows: skills, show: (_out, rows) => showSkills(out, rows, copies), none: 'There are no skills.' })
}

async function show({ out, words }: Invocation): Promise<number> {
  const [name = '', file = SKILL_FILE] = words
  const skill = nameOne(await shippedSkills(), name)
  const text = skill.files.get(file)
  if (text === undefined) throw new CliError('file_not_found', `${skill.name} has no file ${file}`, { hint: `It has: ${[...skill.files.keys()].join(', ')}.` })
  if (out.json) out.document({ name: skill.name, description: skill.description, folder: skill.folder, files: [...skill.files.keys()], file, text })
  else {
    out.body(safeText(text))
    const others = [...skill.files.keys()].filter((path) => path !== file)
    if (others.length > 0) out.note(`It also has: ${others.join(', ')}.`)
  }
  return EXIT.ok
}

async function install(invocation: Invocation): Promise<number> {
  const copies = await copiesMeant(invocation, 'install')
  refuseNamed(invocation, copies)
  const plan = await installing(planSkillInstall(copies, cliVersion()))
  return await carryOut(invocation, plan, {
    done: 'installed',
    nothing: 'All of it is installed already.',
    next: 'Sessions that run see them when they start anew.',
  })
}

async function uninstall(invocation: Invocation): Promise<number> {
  const plan = await installing(planSkillRemoval(await copiesMeant(invocation, 'uninstall')))
  return await carryOut(invocation, plan, { done: 'removed', nothing: 'None of it is installed.', next: undefined })
}

async function doctor(invocation: Invocation): Promise<number> {
  const { out } = invocation
  const findings = await examineSkills(await shippedSkills(), groundOf(invocation), cliVersion())
  const ok = findings.every(({ state }) => state !== 'fail')
  if (out.json) out.document({ ok, findings })
  else if (findings.length > 0) showFindings(out, findings)
  else out.note('There are no skills in the folders that programs read. muster skill install --all puts the shipped ones there.')
  return ok ? EXIT.ok : EXIT.failure
}

interface Words {
  readonly done: string
  readonly nothing: string
  readonly next: string | undefined
}

/** Shows a plan, asks, and does it. */
async function carryOut(invocation: Invocation, plan: SkillPlan, { done, nothing, next }: Words): Promise<number> {
  const { out, flags } = invocation
  const tell = (state: string): void => {
    if (out.json) out.document({ state, ...planDocument(plan) })
    noteLeft(out, plan)
  }
  if (plan.changes.length === 0) {
    if (!out.json) out.line(plan.left.length > 0 ? 'Nothing was changed.' : nothing)
    tell('unchanged')
    return EXIT.ok
  }
  if (!out.json) showPlan(out, plan)
  const isDry = flags.on('dry-run')
  if (isDry || !(await isConfirmed(invocation))) {
    tell('planned')
    out.note('Nothing was changed.')
    return isDry ? EXIT.ok : EXIT.failure
  }
  await installing(applySkillPlan(plan))
  if (!out.json) out.line(`${plan.changes.length} ${plan.changes.length === 1 ? 'skill is' : 'skills are'} ${done}.`)
  tell(done)
  if (next !== undefined) out.note(next)
  return EXIT.ok
}

/** What somebody asked for by its name must not be passed over. */
function refuseNamed({ words, flags }: Invocation, copies: readonly SkillCopy[]): void {
  const stuck = flags.on('all') || words.length === 0 ? undefined : copies.find(({ state }) => ['edited', 'foreign', 'newer'].includes(state))
  if (!stuck) return
  const why = { edited: `was edited (${stuck.edited.join(', ')})`, newer: 'was written by a newer Muster', foreign: "is not Muster's" }[stuck.state as 'edited']
  throw new CliError('config_taken', `${stuck.folder} ${why}`, { hint: 'Nothing was written. Move it away to have the shipped one.' })
}

async function copiesMeant(invocation: Invocation, verb: string): Promise<readonly SkillCopy[]> {
  const { words, flags } = invocation
  const shipped = await shippedSkills()
  const isAll = flags.on('all')
  if (isAll === words.length > 0)
    throw usageError(
      isAll ? 'either --all, or names' : `which skills?`,
      `muster skill ${verb} --all, or some of: ${shipped.map(({ name }) => name).join(', ')}.`,
    )
  const skills = isAll ? shipped : [...new Set(words.map((word) => nameOne(shipped, word)))]
  const scope: SkillScope = flags.choice('scope', SKILL_SCOPES) ?? 'user'
  if (scope === 'user' && flags.text('dir') !== undefined) throw usageError('--dir names a project', 'Give --scope project with it.')
  return await lookAtCopies(skills, skillPlaces(groundOf(invocation), scope, runtimesOf(invocation)), cliVersion())
}

function runtimesOf({ flags, environment }: Invocation): readonly SkillRuntime[] {
  const given = flags.list('runtime')
  if (given !== undefined) return (given.length > 0 ? given : ['']).map(runtimeOf)
  const here = SKILL_RUNTIMES.filter((runtime) => findProgram(runtime, environment.env) !== undefined)
  if (here.length > 0) return here
  throw new CliError('runtime_not_found', `none of ${SKILL_RUNTIMES.join(', ')} is on the PATH`, { hint: 'Nothing was written. --runtime says for which.' })
}

function runtimeOf(word: string): SkillRuntime {
  // The runtime's own name, as peers show it.
  const known = SKILL_RUNTIMES.find((runtime) => runtime === (word === 'claude-code' ? 'claude' : word))
  if (known) return known
  throw usageError(`--runtime cannot be "${word}"`, `Expected some of: ${SKILL_RUNTIMES.join(',')}.`)
}

function groundOf(invocation: Invocation): Ground {
  const { env } = invocation.environment
  return { env, home: env['HOME'] || homedir(), project: folderMeant(invocation) }
}

function nameOne(skills: readonly ShippedSkill[], name: string): ShippedSkill {
  const found = findSkill(skills, name)
  if (found) return found
  const names = skills.map((skill) => skill.name)
  const near = nearest(name, names) ?? nearest(`muster-${name}`, names)
  throw new CliError('no_skill', `there is no skill "${name}"`, { hint: near ? `Did you mean ${near}?` : `Expected one of: ${names.join(', ')}.` })
}
