import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  realpathSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { Folder } from '../../../client/workspace/folder.ts'
import { type Manifest, workspaceIn } from '../../../client/workspace/manifest.ts'
import { type Template, templatesFor } from '../../../client/workspace/templates.ts'
import { type Choice, carryOut, decide, survey } from '../../../client/workspace/upkeep.ts'
import { musterHere } from '../../support/cli-here.ts'

let home: string
let crew: string
beforeEach(() => {
  home = realpathSync(mkdtempSync(join(tmpdir(), 'muster-workspace-')))
  crew = join(home, 'crew')
})
afterEach(() => rmSync(home, { recursive: true, force: true }))

const muster = (...args: string[]) => musterHere(home, args, { cwd: existsSync(crew) ? crew : home })
async function json<T>(...args: string[]): Promise<T> {
  const { stdout, stderr } = await muster(...args, '--json')
  expect(stdout, stderr).toMatch(/^\{"v":1/)
  return JSON.parse(stdout) as T
}
interface Done {
  readonly files: readonly { readonly path: string; readonly does: string; readonly why: string; readonly backup?: string }[]
}
const doneTo = ({ files }: Done, path: string) => files.find((file) => file.path === path)
const init = () => json<Done>('orchestrator', 'init', crew, '--name', 'boss', '--person', 'Eva')
const read = (path: string) => readFileSync(join(crew, path), 'utf8')
const write = (path: string, text: string) => {
  mkdirSync(dirname(join(crew, path)), { recursive: true })
  writeFileSync(join(crew, path), text)
}
/** Every file and link below a folder, with what it holds. */
function contents(folder: string): Record<string, string> {
  const entries = existsSync(folder) ? readdirSync(folder, { recursive: true, withFileTypes: true }) : []
  const named = entries.filter((entry) => !entry.isDirectory()).map((entry) => join(entry.parentPath, entry.name))
  return Object.fromEntries(named.sort().map((path) => [path, lstatSync(path).isSymbolicLink() ? `-> ${readlinkSync(path)}` : readFileSync(path, 'utf8')]))
}
const manifestOf = () => JSON.parse(read('.muster/workspace.json')) as Manifest & { v: number; files: Record<string, string> }

/** What a later Muster would ship: one file with another text. */
function newer(path = 'AGENTS.md', text = 'Quite another text.\n'): readonly Template[] {
  return templatesFor({ orchestrator: 'boss', circle: 'main', person: 'Eva' }).map((template) => (template.path === path ? { path, text } : template))
}
function upgradeTo(templates: readonly Template[], choice: Partial<Choice> = {}) {
  const workspace = workspaceIn(crew)
  if (!workspace) throw new Error('There is no workspace')
  const { folder, manifest } = workspace
  const files = survey(folder, templates, manifest)
  const steps = decide(folder, files, { verb: 'upgrade', take: [], keep: [], ...choice })
  carryOut(folder, files, steps, { owner: manifest, release: '9.9.9', manifest })
  return steps
}
const stateOf = (templates: readonly Template[], path = 'AGENTS.md') => {
  const workspace = workspaceIn(crew)
  return workspace && survey(workspace.folder, templates, workspace.manifest).find((file) => file.path === path)?.state
}

describe('muster orchestrator init', () => {
  it('makes the whole workspace, whose links lead where they should, and a session there is the orchestrator', async () => {
    const { files } = await init()
    expect(files.every(({ does }) => does === 'create')).toBe(true)
    for (const path of ['AGENTS.md', 'CLAUDE.md', 'SOUL.md', 'comms.md', 'projects.md', 'memory', '.agents/skills', '.claude/skills'])
      expect(existsSync(join(crew, path)), path).toBe(true)
    expect(realpathSync(join(crew, '.claude/skills'))).toBe(join(crew, '.agents/skills'))
    expect(readlinkSync(join(crew, 'SOUL.md'))).toBe('personas/neutral/SOUL.md')
    expect(JSON.parse(read('.muster.json'))).toEqual({ name: 'boss' })
    expect(read('AGENTS.md')).toContain('You run the crew of circle `main` for Eva.')
    expect(await json('persona', 'list')).toMatchObject({ active: 'neutral' })
  })

  it('changes nothing when it is run again, nor in a dry run', async () => {
    const planned = await json<Done>('orchestrator', 'init', crew, '--name', 'boss', '--person', 'Eva', '--dry-run')
    expect(existsSync(crew)).toBe(false)
    const made = await init()
    expect(planned.files.every(({ path }) => doneTo(made, path)?.does === 'create')).toBe(true)
    const before = contents(crew)
    const again = await json<Done>('orchestrator', 'init')
    expect(again.files.every(({ does }) => does === 'leave')).toBe(true)
    expect(contents(crew)).toEqual(before)
  })

  it('leaves whatever is in a folder, adds the rest, and says so', async () => {
    write('AGENTS.md', 'mine\n')
    write('.claude/skills/own/SKILL.md', 'mine too\n')
    write('.muster.json', '{ "name": "other" }\n')
    symlinkSync('somewhere', join(crew, 'SOUL.md'))
    const { stdout, stderr } = await muster('orchestrator', 'init', crew, '--name', 'boss')
    expect([read('AGENTS.md'), readlinkSync(join(crew, 'SOUL.md'))]).toEqual(['mine\n', 'somewhere'])
    expect(read('.claude/skills/own/SKILL.md')).toBe('mine too\n')
    expect(existsSync(join(crew, 'comms.md'))).toBe(true)
    expect(stdout).toMatch(/left +AGENTS\.md +is edited, and its template is another/)
    expect(stdout).toMatch(/left +\.claude\/skills +is there and is no link/)
    expect(stderr).toContain('.muster.json is yours')
    expect((await json<{ files: { path: string; state: string }[] }>('orchestrator', 'diff')).files[0]).toMatchObject({ path: 'AGENTS.md', state: 'diverged' })
  })

  it('brings back what was removed, which upgrade does not', async () => {
    await init()
    rmSync(join(crew, 'comms.md'))
    expect(doneTo(await json('orchestrator', 'upgrade'), 'comms.md')).toMatchObject({ does: 'leave' })
    expect(existsSync(join(crew, 'comms.md'))).toBe(false)
    expect(doneTo(await json('orchestrator', 'init'), 'comms.md')).toMatchObject({ does: 'create' })
    expect(existsSync(join(crew, 'comms.md'))).toBe(true)
  })

  it('refuses names that are none, and another owner for a workspace that has one', async () => {
    for (const args of [
      ['--name', 'a b'],
      ['--circle', '../x'],
      ['--person', 'Eva`\n# Do this'],
      ['--person', ''],
    ]) {
      const { exit, stderr } = await muster('orchestrator', 'init', crew, ...args)
      expect([exit, existsSync(crew)], stderr).toEqual([64, false])
    }
    await init()
    const { exit, stderr } = await muster('orchestrator', 'init', '--name', 'other')
    expect([exit, stderr]).toEqual([5, expect.stringContaining('the workspace of boss')])
  })

  it('refuses a home, below which every session would be the orchestrator, and what lies around one', async () => {
    for (const path of [home, dirname(home), '/']) {
      const { exit, stderr } = await musterHere(home, ['orchestrator', 'init', path], { env: { HOME: home } })
      expect([exit, stderr, existsSync(join(home, '.muster'))]).toEqual([64, expect.stringContaining('is no place for a workspace'), false])
    }
    expect((await musterHere(home, ['orchestrator', 'init', 'crew'], { env: { HOME: home } })).exit).toBe(0)
  })

  it('keeps within what this user gives new files', async () => {
    const old = process.umask(0o077)
    try {
      await init()
    } finally {
      process.umask(old)
    }
    expect(statSync(join(crew, 'AGENTS.md')).mode & 0o777).toBe(0o600)
  })

  it('is needed before anything else is done with a workspace', async () => {
    for (const args of [
      ['orchestrator', 'diff'],
      ['orchestrator', 'upgrade'],
      ['memory', 'list'],
      ['memory', 'lint', '--dir', home],
    ]) {
      const { exit, stderr } = await muster(...args)
      expect([exit, stderr], args.join(' ')).toEqual([4, expect.stringMatching(/workspace of an orchestrator[\s\S]*orchestrator init/)])
    }
  })
})

describe('muster orchestrator upgrade', () => {
  beforeEach(async () => void (await init()))

  it('replaces what nobody edited, and keeps its mode', () => {
    chmodSync(join(crew, 'AGENTS.md'), 0o640)
    expect(stateOf(newer())).toBe('outdated')
    upgradeTo(newer())
    expect([read('AGENTS.md'), stateOf(newer())]).toEqual(['Quite another text.\n', 'current'])
    expect(statSync(join(crew, 'AGENTS.md')).mode & 0o777).toBe(0o640)
    expect(manifestOf().release).toBe('9.9.9')
  })

  it('leaves what somebody edited until it is taken, and then keeps theirs beside', () => {
    write('AGENTS.md', 'mine\n')
    expect(stateOf(newer())).toBe('diverged')
    upgradeTo(newer())
    expect([read('AGENTS.md'), stateOf(newer())]).toEqual(['mine\n', 'diverged'])
    write('AGENTS.md.mine', 'from before\n')
    upgradeTo(newer(), { take: ['AGENTS.md'] })
    expect([read('AGENTS.md'), read('AGENTS.md.mine'), read('AGENTS.md.mine-2')]).toEqual(['Quite another text.\n', 'from before\n', 'mine\n'])
  })

  it('counts a merged file as up to date when it is told so', () => {
    write('AGENTS.md', 'mine, merged\n')
    upgradeTo(newer(), { keep: ['AGENTS.md'] })
    expect([read('AGENTS.md'), stateOf(newer())]).toEqual(['mine, merged\n', 'edited'])
    expect(stateOf(newer('AGENTS.md', 'Yet another.\n'))).toBe('diverged')
  })

  it('keeps bytes that are no text', () => {
    const bytes = Buffer.from([0xff, 0xfe, 0x00, 0x41])
    writeFileSync(join(crew, 'comms.md'), bytes)
    upgradeTo(newer(), { take: ['comms.md'] })
    expect(readFileSync(join(crew, 'comms.md.mine')).equals(bytes)).toBe(true)
  })

  it('shows by diff what it would take, and nothing of what is as it should be', async () => {
    expect((await muster('orchestrator', 'diff')).stdout).toBe('')
    write('comms.md', read('comms.md').replace('# How Eva wants to be told', '# \u001b[2JHow'))
    const { stdout } = await muster('orchestrator', 'diff')
    expect(stdout).toContain('comms.md: edited; its template has not changed')
    expect(stdout).toMatch(/^-# \\x1b\[2JHow\n\+# How Eva wants to be told$/m)
  })

  it('refuses a file that is none of its own', async () => {
    for (const path of ['../x', 'memory/INDEX.md', 'nothing']) {
      const { exit, stderr } = await muster('orchestrator', 'upgrade', '--take', path)
      expect([exit, stderr]).toEqual([64, expect.stringContaining('Expected one of: AGENTS.md')])
    }
  })

  it('notices an edit that comes between looking and writing', () => {
    const { folder, manifest } = workspaceIn(crew) as { folder: Folder; manifest: Manifest }
    const files = survey(folder, newer(), manifest)
    const steps = decide(folder, files, { verb: 'upgrade', take: [], keep: [] })
    write('AGENTS.md', 'in the meantime\n')
    expect(() => carryOut(folder, files, steps, { owner: manifest, release: '2', manifest })).toThrow(/changed meanwhile/)
    expect(read('AGENTS.md')).toBe('in the meantime\n')
  })

  it('goes on where it was interrupted, at whatever step', () => {
    const { folder, manifest } = workspaceIn(crew) as { folder: Folder; manifest: Manifest }
    const templates = newer().map((template) => (template.path === 'comms.md' ? { ...template, text: 'Another, too.\n' } : template))
    // The files come first: a crash leaves some of them new, and the manifest as it was.
    const files = survey(folder, templates, manifest)
    const steps = decide(folder, files, { verb: 'upgrade', take: [], keep: [] })
    const old = read('.muster/workspace.json')
    carryOut(folder, files, steps.slice(0, 1), { owner: manifest, release: '2', manifest })
    write('.muster/workspace.json', old)
    upgradeTo(templates)
    expect([stateOf(templates), stateOf(templates, 'comms.md')]).toEqual(['current', 'current'])
    expect(readdirSync(crew).filter((name) => /\.mine|^\..*-/.test(name))).toEqual([])
  })
})

describe('a hostile workspace', () => {
  beforeEach(async () => void (await init()))

  it.each([
    ['another version', { v: 2 }],
    ['no object', []],
    ['a path that leads out', { files: { '../../x': 'a'.repeat(64) } }],
    ['an absolute path', { files: { '/etc/passwd': 'a'.repeat(64) } }],
    ['no hash', { files: { 'AGENTS.md': 'x' } }],
    ['a name that is none', { orchestrator: '../x' }],
    ['a person that orders', { person: 'Eva\n\n# Rule' }],
    ['a prototype', { files: JSON.parse('{"__proto__/x":"y"}') as object }],
  ])('is refused for %s in its manifest, and nothing of it is touched', async (_what, fields) => {
    write('.muster/workspace.json', JSON.stringify(Array.isArray(fields) ? fields : { ...manifestOf(), ...fields }))
    const before = contents(home)
    for (const args of [['orchestrator', 'upgrade'], ['orchestrator', 'init'], ['orchestrator', 'diff'], ['memory']]) {
      const { exit, stderr } = await muster(...args)
      expect(exit, args.join(' ')).not.toBe(0)
      expect(stderr).toMatch(/^hint: \S/m)
    }
    expect(contents(home)).toEqual(before)
  })

  it.each(['memory', '.muster', 'personas', '.agents', '.claude'])('is refused where %s is a link that leads out', async (name) => {
    const elsewhere = join(home, 'elsewhere')
    mkdirSync(join(elsewhere, 'neutral'), { recursive: true })
    const manifest = read('.muster/workspace.json')
    rmSync(join(crew, name), { recursive: true })
    writeFileSync(join(elsewhere, 'workspace.json'), manifest)
    symlinkSync(elsewhere, join(crew, name))
    const before = contents(elsewhere)
    for (const args of [
      ['orchestrator', 'init'],
      ['memory', 'write', 'x', 'y', '--kind', 'rule'],
      ['memory', 'forget', 'README'],
    ]) {
      const { exit, stderr } = await muster(...args)
      if (name === 'memory' || args[0] === 'orchestrator') expect(exit, `${args.join(' ')}: ${stderr}`).toBe(77)
    }
    expect(contents(elsewhere)).toEqual(before)
  })

  it('leaves a link and a folder that stand where a file belongs', async () => {
    rmSync(join(crew, 'AGENTS.md'))
    symlinkSync('/etc/hostname', join(crew, 'AGENTS.md'))
    rmSync(join(crew, 'comms.md'))
    mkdirSync(join(crew, 'comms.md'))
    expect(doneTo(await json('orchestrator', 'upgrade'), 'AGENTS.md')).toMatchObject({ does: 'leave' })
    const { files } = await json<{ files: { path: string; diff: string | null }[] }>('orchestrator', 'diff')
    expect(files.filter(({ path }) => path === 'AGENTS.md' || path === 'comms.md').map(({ diff }) => diff)).toEqual([null, null])
    expect((await muster('orchestrator', 'upgrade', '--take', 'AGENTS.md')).exit).toBe(5)
    expect(readlinkSync(join(crew, 'AGENTS.md'))).toBe('/etc/hostname')
  })
})

describe('the files of a folder', () => {
  const folder = () => new Folder(home)

  it.each(['../x', '/x', 'a/../../x', 'a//b', './a', 'a/.', '', 'a\0b'])('are never %j', (path) => {
    for (const act of [
      () => folder().read(path),
      () => folder().create(path, 'x'),
      () => folder().overwrite(path, 'x'),
      () => folder().link(path, 'y'),
      () => folder().remove(path),
      () => folder().makeFolder(path),
    ])
      expect(act).toThrow(/leads out of the workspace/)
    expect(readdirSync(dirname(home)).includes('x')).toBe(false)
  })

  it('are links only to what lies within', () => {
    for (const target of ['/etc', '../outside', '../../x']) expect(() => folder().link('a', target)).toThrow(/leads out/)
    expect(folder().link('deep/er/a', '../../b')).toBe(true)
    expect(folder().link('deep/er/a', '../../c')).toBe(false)
    expect(readlinkSync(join(home, 'deep/er/a'))).toBe('../../b')
  })

  it('are made by one of two that make them, and moved to a name that nobody has', () => {
    expect([folder().create('a', '1'), folder().create('a', '2'), folder().create('b', '3')]).toEqual([true, false, true])
    expect([folder().move('a', 'b'), folder().move('a', 'c')]).toEqual([false, true])
    expect(contents(home)).toEqual({ [join(home, 'b')]: '3', [join(home, 'c')]: '1' })
  })
})
