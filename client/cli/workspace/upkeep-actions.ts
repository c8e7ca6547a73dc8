import { mkdirSync } from 'node:fs'
import { resolve } from 'node:path'
import { Folder } from '../../workspace/folder.ts'
import { checkOwner, type Manifest, type Owner, type Workspace, workspaceIn } from '../../workspace/manifest.ts'
import { templatesFor } from '../../workspace/templates.ts'
import { type Choice, carryOut, decide, type Step, type Surveyed, survey, UP_TO_DATE } from '../../workspace/upkeep.ts'
import { fileError, WorkspaceError } from '../../workspace/workspace-error.ts'
import type { Action, Invocation } from '../command.ts'
import { EXIT } from '../exit-codes.ts'
import { usageError } from '../failure.ts'
import type { Output } from '../output.ts'
import { MAIN_CIRCLE } from '../show.ts'
import { safeText } from '../text.ts'
import { cliVersion } from '../version.ts'
import { told, workspaceHere } from './here.ts'

const DRY_RUN = { 'dry-run': { type: 'boolean', summary: 'Show what would change, and change nothing' } } as const
const DEFAULT_NAME = 'orchestrator'
/** Names the peer of a session in the folder. */
const SETTINGS = '.muster.json'

/** What `muster orchestrator` does about the files of a workspace. */
export const UPKEEP_ACTIONS = {
  init: {
    summary: "Make a workspace, or add what one lacks; nobody's file is replaced",
    words: ['dir?'],
    flags: {
      name: { type: 'string', value: 'name', summary: `The orchestrator's name as a peer (${DEFAULT_NAME})` },
      circle: { type: 'string', value: 'circle', summary: 'Of this circle, in place of your own' },
      person: { type: 'string', value: 'name', summary: 'How the person is called that it works for (your user name)' },
      ...DRY_RUN,
    },
    run: init,
  },
  diff: { summary: 'Where the files of a workspace differ from their templates', words: ['dir?'], run: diff },
  upgrade: {
    summary: 'Bring the files that nobody edited up to date',
    words: ['dir?'],
    flags: {
      take: { type: 'string', value: 'file', repeats: true, summary: 'Replace this edited file too; yours stays beside it as <file>.mine' },
      mine: { type: 'string', value: 'file', repeats: true, summary: 'Leave this edited file, and count it as up to date' },
      ...DRY_RUN,
    },
    run: upgrade,
  },
} as const satisfies Readonly<Record<string, Action>>

interface Upkeep {
  readonly folder: Folder
  readonly owner: Owner
  readonly manifest: Manifest | undefined
}

async function init(invocation: Invocation): Promise<number> {
  const { words, environment, flags, out } = invocation
  const path = resolve(environment.cwd(), words[0] ?? '.')
  checkPlace(path, environment.env['HOME'])
  const known = told(() => workspaceIn(path))
  const owner = told(() => ownerOf(invocation, known))
  if (!known && !flags.on('dry-run')) told(() => makeFolder(path))
  const folder = told(() => existing(path))
  const choice: Choice = { verb: 'init', take: [], keep: [] }
  const done = told(() => (folder ? keepUp(invocation, { folder, owner, manifest: known?.manifest }, choice) : planned(owner)))
  if (out.json) out.document({ folder: folder?.root ?? path, ...owner, files: done })
  else {
    showSteps(out, done)
    const isNamed = done.every(({ path, does, why }) => path !== SETTINGS || does === 'create' || why === UP_TO_DATE)
    if (flags.on('dry-run')) out.note('Nothing was changed.')
    else if (!isNamed) out.note(`${SETTINGS} is yours and was left: let it say "name": "${owner.orchestrator}", so that a session here is that peer.`)
    else out.note(`The workspace of ${owner.orchestrator}. A session that is started in ${folder?.root ?? path} is that peer.`)
  }
  return EXIT.ok
}

async function diff(invocation: Invocation): Promise<number> {
  const { out } = invocation
  const { folder, manifest } = workspaceHere(invocation, invocation.words[0])
  // Only this action needs it, and it is the largest piece of the command.
  const { unifiedDiff } = await import('../../agents/install/unified-diff.ts')
  /** From what is there to the template. */
  const diffOf = ({ path, state, mine, text }: Surveyed): string | undefined =>
    state === 'current' || mine === undefined ? undefined : unifiedDiff(path, mine.toString('utf8'), text)
  const files = told(() => survey(folder, templatesFor(manifest), manifest))
  const drifted = files.filter(({ state }) => state !== 'current')
  if (out.json) {
    out.document({ folder: folder.root, files: files.map((file) => ({ path: file.path, state: file.state, diff: diffOf(file) ?? null })) })
    return EXIT.ok
  }
  for (const file of drifted) {
    out.line(out.bold(`${file.path}: ${STATES[file.state]}`))
    const text = diffOf(file)
    if (text !== undefined) out.body(safeText(text))
  }
  if (drifted.length === 0) out.note('Every file is as its template.')
  return EXIT.ok
}

async function upgrade(invocation: Invocation): Promise<number> {
  const { flags, out, words } = invocation
  const workspace = workspaceHere(invocation, words[0])
  const { folder, manifest } = workspace
  const choice: Choice = { verb: 'upgrade', take: flags.all('take'), keep: flags.all('mine') }
  const done = told(() => keepUp(invocation, { folder, owner: manifest, manifest }, choice))
  if (out.json) out.document({ folder: folder.root, release: cliVersion(), files: done })
  else {
    showSteps(out, done)
    if (flags.on('dry-run')) out.note('Nothing was changed.')
  }
  return EXIT.ok
}

/** The steps are the same, whether they are only shown or also done. */
function keepUp({ flags }: Invocation, { folder, owner, manifest }: Upkeep, choice: Choice): readonly Step[] {
  const files = survey(folder, templatesFor(owner), manifest)
  const steps = decide(folder, files, choice)
  if (!flags.on('dry-run')) carryOut(folder, files, steps, { owner, release: cliVersion(), manifest })
  return steps
}

/** In a folder that is not there yet, which a dry run does not make. */
function planned(owner: Owner): readonly Step[] {
  return templatesFor(owner).map(({ path }) => ({ path, does: 'create', why: 'was not there' }))
}

function ownerOf({ flags, environment }: Invocation, known: Workspace | undefined): Owner {
  const given = { orchestrator: flags.text('name'), circle: flags.text('circle'), person: flags.text('person') }
  const { orchestrator, circle, person } = known?.manifest ?? { orchestrator: DEFAULT_NAME, circle: MAIN_CIRCLE, person: environment.userName() }
  const owner = { orchestrator: given.orchestrator ?? orchestrator, circle: given.circle ?? circle, person: given.person ?? person }
  checkOwner(owner)
  if (known && JSON.stringify(owner) !== JSON.stringify({ orchestrator, circle, person })) {
    throw new WorkspaceError(
      'file_exists',
      `that is the workspace of ${orchestrator}, in circle ${circle}, for ${person}`,
      'Make another one, or leave --name, --circle and --person out.',
    )
  }
  return owner
}

/** Sessions anywhere below a workspace go by its name: below a home that would be all of them. */
function checkPlace(path: string, home: string | undefined): void {
  const isAround = path === '/' || (home !== undefined && `${home}/`.startsWith(`${path}/`))
  if (isAround)
    throw usageError(`${path} is no place for a workspace`, 'Every session below it would be the orchestrator. Name a folder of its own, such as ~/crew.')
}

function makeFolder(path: string): void {
  try {
    mkdirSync(path, { recursive: true })
  } catch (cause) {
    throw fileError(path, cause)
  }
}

function existing(path: string): Folder | undefined {
  try {
    return new Folder(path)
  } catch (error) {
    if (error instanceof WorkspaceError && error.code === 'file_not_found') return undefined
    throw error
  }
}

const STATES: Readonly<Record<Surveyed['state'], string>> = {
  current: 'as its template',
  missing: 'not there; init and upgrade write it',
  removed: 'removed; init brings it back',
  outdated: 'never edited, and its template has changed; upgrade replaces it',
  edited: 'edited; its template has not changed',
  diverged: 'edited, and its template is another; upgrade leaves it unless --take names it',
}

const DONE: Readonly<Record<Step['does'], string>> = { create: 'written', replace: 'replaced', keep: 'kept', leave: 'left' }

function showSteps(out: Output, steps: readonly Step[]): void {
  const rows = steps.map(({ path, does, why, backup }) => [DONE[does], path, backup === undefined ? why : `${why}; yours is ${backup}`])
  out.table(['DONE', 'FILE', 'WHY'], rows)
}
