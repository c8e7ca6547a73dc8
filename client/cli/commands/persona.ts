import { dirname, join } from 'node:path'
import { writeConfig } from '../../agents/install/config-file.ts'
import { type FoundPersona, findPersonas, PERSONAS_FOLDER } from '../../personas/library.ts'
import { PERSONA_FILE } from '../../personas/persona.ts'
import { isReplaceable, keepSoul, pointSoul, readSoul, type Soul } from '../../personas/soul.ts'
import { installing } from '../changes.ts'
import type { Invocation } from '../command.ts'
import { EXIT } from '../exit-codes.ts'
import { CliError } from '../failure.ts'
import { family } from '../family.ts'
import { showList } from '../listing.ts'
import { nearest } from '../nearest.ts'
import { personaDocument, showPersona, showPersonas } from '../personas/show.ts'
import { DIR_FLAG, findWorkspace, needWorkspace } from '../workspace-folder.ts'

/** What `clear` points at: it asks for nothing. */
const NEUTRAL = 'neutral'

const DIR = { dir: DIR_FLAG }
const REPLACE = {
  ...DIR,
  copy: { type: 'boolean', summary: 'Make SOUL.md a copy in place of a link' },
  force: { type: 'boolean', summary: 'Also in place of a SOUL.md of your own, which stays beside it as SOUL.kept.md' },
} as const

export const command = family({
  name: 'persona',
  about: [
    'Personas say how an orchestrator speaks, what it does and what it refuses: personas/<name>/SOUL.md. `use` copies one into the workspace,',
    'where it can be edited and committed, and points the SOUL.md at its root to it, which is what programs read. Those of the workspace count before',
    'your own (the folder personas beside config.json), and those before the shipped ones. An edited one is never overwritten.',
  ],
  fallback: 'list',
  actions: {
    list: { summary: 'The personas, and which one is in use', words: [], flags: DIR, run: list },
    show: { summary: 'One of them; without a name the one in use', words: ['persona?'], flags: DIR, run: show },
    use: { summary: 'Use one in this workspace', words: ['persona'], flags: REPLACE, run: use },
    clear: { summary: 'Use the neutral one', words: [], flags: REPLACE, run: clear },
  },
  examples: [
    ['muster persona', 'which there are'],
    ['muster persona show night-watch', 'what it says'],
    ['muster persona use chief-of-staff', 'in the workspace that this folder is in'],
    ['muster persona use dispatcher --dir .', 'in this folder'],
    ['muster persona clear', 'the neutral one again'],
  ],
})

async function list(invocation: Invocation): Promise<number> {
  const { out } = invocation
  const { workspace, personas, active } = await lookAround(invocation)
  const document = { workspace: workspace ?? null, active: active?.name ?? null, personas: personas.map((each) => personaDocument(each, active)) }
  return showList(out, { document, rows: personas, show: (_out, rows) => showPersonas(out, rows, active), none: 'There are no personas.' })
}

async function show(invocation: Invocation): Promise<number> {
  const { out, words } = invocation
  const { workspace, personas, active, soul } = await lookAround(invocation)
  const [name] = words
  const persona = name === undefined ? active : nameOne(personas, name)
  if (!persona) throw noneInUse(workspace, soul)
  if (out.json) out.document({ ...personaDocument(persona, active), text: persona.text })
  else showPersona(out, persona, active)
  return EXIT.ok
}

async function use(invocation: Invocation): Promise<number> {
  return await take(invocation, invocation.words[0] ?? '')
}

async function clear(invocation: Invocation): Promise<number> {
  return await take(invocation, NEUTRAL)
}

async function take(invocation: Invocation, name: string): Promise<number> {
  const { out, flags } = invocation
  const workspace = needWorkspace(invocation)
  const { personas, soul } = await lookAround(invocation)
  const persona = nameOne(personas, name)
  if ('problems' in persona.read) {
    throw new CliError('config_refused', `${persona.path} cannot be used: ${persona.read.problems[0]}`, { hint: 'Nothing was written. Put it right first.' })
  }
  if (!isReplaceable(soul) && !flags.on('force')) throw inTheWay(workspace, soul)
  if (persona.source !== 'workspace') await installing(writeConfig(join(workspace, PERSONAS_FOLDER, persona.name, PERSONA_FILE), undefined, persona.text))
  const kept = isReplaceable(soul) ? null : await keepSoul(workspace)
  const pointing = { persona: persona.name, text: persona.text, as: flags.on('copy') ? ('copy' as const) : ('link' as const), before: soul }
  const made = await installing(pointSoul(workspace, pointing))
  if (out.json) {
    out.document({ persona: persona.name, workspace, soul: made, copied: persona.source !== 'workspace', kept })
    return EXIT.ok
  }
  out.line(`${workspace} uses ${persona.name}: SOUL.md is a ${made === 'link' ? 'link to' : 'copy of'} ${join(PERSONAS_FOLDER, persona.name, PERSONA_FILE)}.`)
  if (kept !== null) out.note(`Your own SOUL.md is ${kept} now.`)
  out.note('Sessions read it when they start, or after /clear.')
  return EXIT.ok
}

async function lookAround(invocation: Invocation) {
  const workspace = findWorkspace(invocation)
  const personas = await findPersonas({ workspace, user: join(dirname(invocation.environment.paths.config), PERSONAS_FOLDER) })
  const soul: Soul = workspace === undefined ? { kind: 'none' } : await readSoul(workspace)
  const active = 'persona' in soul ? personas.find(({ name, source }) => name === soul.persona && source === 'workspace') : undefined
  return { workspace, personas, soul, active }
}

function nameOne(personas: readonly FoundPersona[], name: string): FoundPersona {
  const found = personas.find((persona) => persona.name === name && persona.counts)
  if (found) return found
  const names = personas.filter(({ counts }) => counts).map((persona) => persona.name)
  const near = nearest(name, names)
  throw new CliError('no_persona', `there is no persona "${name}"`, { hint: near ? `Did you mean ${near}?` : `Expected one of: ${names.join(', ')}.` })
}

function noneInUse(workspace: string | undefined, soul: Soul): CliError {
  if (workspace === undefined) return new CliError('no_workspace', 'there is no workspace here', { hint: 'Name a persona, or a folder with --dir.' })
  const own = soul.kind === 'own file' || soul.kind === 'own link'
  return new CliError('no_persona', own ? `the SOUL.md of ${workspace} is your own` : `no persona is in use in ${workspace}`, {
    hint: 'muster persona list shows which there are.',
  })
}

function inTheWay(workspace: string, soul: Soul): CliError {
  const path = join(workspace, PERSONA_FILE)
  const stays = `Nothing was written. --force keeps it as SOUL.kept.md`
  if (soul.kind === 'edited copy')
    return new CliError('config_taken', `${path} was edited in place of ${join(PERSONAS_FOLDER, soul.persona, PERSONA_FILE)}`, {
      hint: `${stays}; or bring your edits there first.`,
    })
  const what = soul.kind === 'own link' ? `a link of your own, to ${soul.to}` : 'a file of your own'
  return new CliError('config_taken', `${path} is ${what}`, {
    hint: `${stays}; or make it a persona: move it to ${join(PERSONAS_FOLDER, '<name>', PERSONA_FILE)} and use that.`,
  })
}
