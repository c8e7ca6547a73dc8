import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { RECORD_FILE } from '../../client/skills/copy-record.ts'
import { shippedSkills } from '../../client/skills/library.ts'
import { musterIn } from './install/cli-here.ts'
import { FakeHome } from './install/fake-home.ts'

const shipped = await shippedSkills()
const MESH = 'muster-mesh'
const primer = shipped.find(({ name }) => name === MESH)?.files.get('SKILL.md') ?? ''

/** A home with a folder to work in. */
function newHome(): FakeHome {
  const home = new FakeHome()
  mkdirSync(home.path('work'))
  return home
}

const json = async (home: FakeHome, ...args: string[]) => {
  const ran = await musterIn(home, [...args, '--json'])
  return { ...ran, document: JSON.parse(ran.stdout) as Record<string, unknown> }
}
const install = (home: FakeHome, ...args: string[]) => musterIn(home, ['skill', 'install', ...args, '--yes'])
const CLAUDE = `.claude/skills/${MESH}`
const SHARED = `.agents/skills/${MESH}`

/** What an older Muster would have left: the text that it shipped, with a record of it. */
function leaveOlder(home: FakeHome, folder: string, text: string, version = '0.0.1'): void {
  home.write(`${folder}/SKILL.md`, text)
  home.write(`${folder}/old.md`, 'gone by now')
  const hash = (of: string) => createHash('sha256').update(of).digest('hex')
  home.write(`${folder}/${RECORD_FILE}`, JSON.stringify({ v: 1, version, files: { 'SKILL.md': hash(text), 'old.md': hash('gone by now') } }))
}

describe('muster skill install', () => {
  it('puts all skills to where each program reads them', async () => {
    using home = newHome()
    const { exit, stdout } = await install(home, '--all', '--runtime', 'claude-code,codex,gemini,opencode')
    expect([exit, stdout.split('\n').at(-2)]).toEqual([0, `${shipped.length * 2} skills are installed.`])
    for (const { name, files } of shipped) {
      for (const place of ['.claude/skills', '.agents/skills']) {
        for (const [path, text] of files) expect(home.read(`${place}/${name}/${path}`)).toBe(text)
        expect(JSON.parse(home.read(`${place}/${name}/${RECORD_FILE}`))).toMatchObject({ v: 1, files: { 'SKILL.md': expect.stringMatching(/^[0-9a-f]{64}$/) } })
      }
    }
    expect((await install(home, '--all', '--runtime', 'claude')).stdout).toBe('All of it is installed already.\n')
    const { document } = await json(home, 'skill', 'list')
    expect((document['copies'] as { state: string }[]).map(({ state }) => state)).toEqual(Array.from({ length: shipped.length * 2 }, () => 'current'))
  })

  it('takes names with and without their prefix, and writes to this project where that is meant', async () => {
    using home = newHome()
    expect((await install(home, 'mesh', 'muster-handover', '--scope', 'project', '--runtime', 'codex')).exit).toBe(0)
    expect(readdirSync(home.path('work/.agents/skills'))).toEqual(['muster-handover', MESH])
    expect(existsSync(home.path('.agents'))).toBe(false)
    mkdirSync(home.path('other'))
    expect((await install(home, 'mesh', '--scope', 'project', '--runtime', 'claude', '--dir', '../other')).exit).toBe(0)
    expect(readdirSync(home.path('other/.claude/skills'))).toEqual([MESH])
  })

  it('is for the programs on the PATH where none is named, and for none it refuses', async () => {
    using home = newHome()
    const path = home.path('bin')
    mkdirSync(path)
    const withPath = (...args: string[]) => musterIn(home, ['skill', 'install', ...args, '--yes'], { env: { PATH: path } })
    expect(await withPath('mesh')).toMatchObject({ exit: 4, stderr: expect.stringContaining('--runtime') })
    writeFileSync(join(path, 'gemini'), '', { mode: 0o755 })
    expect((await withPath('mesh')).exit).toBe(0)
    expect([existsSync(home.path(SHARED)), existsSync(home.path(CLAUDE))]).toEqual([true, false])
  })

  it('changes nothing in a dry run, without a yes, or where nobody can be asked', async () => {
    using home = newHome()
    const args = ['skill', 'install', 'mesh', '--runtime', 'claude']
    expect(await musterIn(home, [...args, '--dry-run'])).toMatchObject({ exit: 0, stdout: expect.stringContaining(`create  ${home.path(CLAUDE)}`) })
    expect((await musterIn(home, args, { typed: 'n\n' })).exit).toBe(1)
    expect((await musterIn(home, args)).exit).toBe(64)
    expect(existsSync(home.path('.claude'))).toBe(false)
    expect((await musterIn(home, args, { typed: 'y\n' })).exit).toBe(0)
    expect(home.read(`${CLAUDE}/SKILL.md`)).toBe(primer)
  })

  it.each([
    [['install'], 64, 'which skills?'],
    [['install', 'mesh', '--all'], 64, 'either --all'],
    [['install', 'mehs', '--runtime', 'codex'], 4, 'Did you mean muster-mesh?'],
    [['install', 'mesh', '--runtime', 'emacs'], 64, 'Expected some of'],
    [['install', 'mesh', '--scope', 'galaxy', '--runtime', 'codex'], 64, 'Expected one of'],
    [['install', 'mesh', '--runtime', 'codex', '--dir', '.'], 64, '--scope project'],
    [['install', 'mesh', '--runtime', ','], 64, 'Expected some of'],
    [['install', 'mesh', '--runtime', 'codex', '--scope', 'project', '--dir', 'nowhere'], 4, 'no folder'],
    [['show', 'mesh', 'nothing.md'], 4, 'It has: SKILL.md'],
  ])('says what would be accepted in place of %j', async (args, exit, said) => {
    using home = newHome()
    const ran = await musterIn(home, ['skill', ...args, ...(args[0] === 'install' ? ['--yes'] : [])])
    expect([ran.exit, ran.stderr]).toEqual([exit, expect.stringContaining(said)])
    expect(readdirSync(home.folder)).toEqual(['work'])
  })

  it('brings an unedited older copy up to date, files that are gone included', async () => {
    using home = newHome()
    leaveOlder(home, CLAUDE, primer.replace('two minutes', 'three minutes'))
    const { exit, stdout } = await install(home, 'mesh', '--runtime', 'claude')
    expect(exit).toBe(0)
    expect(stdout).toContain('-# Muster in three minutes')
    expect(home.read(`${CLAUDE}/SKILL.md`)).toBe(primer)
    expect(readdirSync(home.path(CLAUDE)).sort()).toEqual([RECORD_FILE, 'SKILL.md'])
  })

  it('leaves an edited copy as it is, and so one that is not its own, and one of a newer Muster', async () => {
    using home = newHome()
    await install(home, '--all', '--runtime', 'claude')
    const edited = `${primer}\nOurs.\n`
    home.write(`${CLAUDE}/SKILL.md`, edited)
    const own = '---\nname: muster-memory\ndescription: Ours.\n---\nOurs.\n'
    rmSync(home.path('.claude/skills/muster-memory'), { recursive: true })
    home.write('.claude/skills/muster-memory/SKILL.md', own)
    leaveOlder(home, '.claude/skills/muster-cleanup', 'of tomorrow', '99.0.0')
    rmSync(home.path('.claude/skills/muster-handover'), { recursive: true })

    const { exit, stderr, stdout } = await install(home, '--all', '--runtime', 'claude')
    expect([exit, stdout]).toEqual([0, expect.stringContaining('1 skill is installed.')])
    for (const said of ['was edited (SKILL.md)', "muster-memory is not Muster's", 'written by Muster 99.0.0']) expect(stderr).toContain(said)
    expect(home.read(`${CLAUDE}/SKILL.md`)).toBe(edited)
    expect(home.read('.claude/skills/muster-memory/SKILL.md')).toBe(own)
    expect(home.read('.claude/skills/muster-cleanup/SKILL.md')).toBe('of tomorrow')
    // Asked for by name, it must not be passed over.
    expect(await install(home, 'mesh', '--runtime', 'claude')).toMatchObject({ exit: 5, stderr: expect.stringContaining('was edited') })
    expect(await install(home, 'memory', '--runtime', 'claude')).toMatchObject({ exit: 5, stderr: expect.stringContaining("not Muster's") })
  })

  it('completes a copy that broke off before its record, and an update that broke off in the middle', async () => {
    using home = newHome()
    home.write(`${CLAUDE}/SKILL.md`, primer)
    leaveOlder(home, SHARED, 'older')
    home.write(`${SHARED}/SKILL.md`, primer)
    const { document } = await json(home, 'skill', 'install', 'mesh', '--runtime', 'claude,codex', '--yes')
    expect(document).toMatchObject({ state: 'installed', left: [], changes: [{ folder: home.path(SHARED), action: 'update' }], unchanged: [home.path(CLAUDE)] })
    expect(readdirSync(home.path(SHARED)).sort()).toEqual([RECORD_FILE, 'SKILL.md'])
  })

  it('writes once where one folder is a link to the other', async () => {
    using home = newHome()
    mkdirSync(home.path('work/.agents/skills'), { recursive: true })
    mkdirSync(home.path('work/.claude'))
    symlinkSync('../.agents/skills', home.path('work/.claude/skills'))
    const { document } = await json(home, 'skill', 'install', 'mesh', '--scope', 'project', '--runtime', 'claude,codex', '--yes')
    expect(document['changes']).toHaveLength(1)
    expect((await json(home, 'skill', 'doctor')).document).toMatchObject({ ok: true })
  })

  it("writes over no file of a person's that a link leads to, and over none that is too large to compare", async () => {
    using home = newHome()
    const own = home.write('own.md', 'Mine.')
    mkdirSync(home.path(CLAUDE), { recursive: true })
    symlinkSync(own, home.path(CLAUDE, 'SKILL.md'))
    const large = 'x'.repeat(2_000_000)
    home.write(`${SHARED}/SKILL.md`, large)
    const { exit, stderr } = await install(home, '--all', '--runtime', 'claude,codex')
    expect([exit, stderr.match(/not Muster's/g)?.length]).toEqual([0, 2])
    expect([readFileSync(own, 'utf8'), home.read(`${SHARED}/SKILL.md`)]).toEqual(['Mine.', large])
  })

  it('says so where a file is in the place of a folder', async () => {
    using home = newHome()
    home.write('.claude/skills', 'a file')
    expect(await install(home, 'mesh', '--runtime', 'claude')).toMatchObject({ exit: 1, stderr: expect.stringContaining('ENOTDIR') })
  })

  it('follows no record out of its folder', async () => {
    using home = newHome()
    const precious = home.write('precious.md', 'mine')
    await install(home, 'mesh', '--runtime', 'claude')
    const record = JSON.parse(home.read(`${CLAUDE}/${RECORD_FILE}`)) as { files: Record<string, string> }
    for (const name of ['../../../precious.md', precious]) record.files[name] = createHash('sha256').update('mine').digest('hex')
    home.write(`${CLAUDE}/${RECORD_FILE}`, JSON.stringify(record))
    expect((await musterIn(home, ['skill', 'uninstall', '--all', '--runtime', 'claude', '--yes'])).exit).toBe(0)
    expect(existsSync(home.path(CLAUDE))).toBe(false)
    expect(readFileSync(precious, 'utf8')).toBe('mine')
  })
})

describe('muster skill uninstall', () => {
  it('takes out what install wrote, and leaves what a person edited or put beside it', async () => {
    using home = newHome()
    home.write('.claude/skills/ours/SKILL.md', '---\nname: ours\ndescription: Ours.\n---\nOurs.\n')
    await install(home, '--all', '--runtime', 'claude')
    home.write(`${CLAUDE}/SKILL.md`, `${primer}\nOurs.\n`)
    home.write('.claude/skills/muster-handover/notes.md', 'ours')
    const { exit, stderr } = await musterIn(home, ['skill', 'uninstall', '--all', '--runtime', 'claude', '--yes'])
    expect([exit, stderr]).toEqual([0, expect.stringContaining('was edited')])
    expect(readdirSync(home.path('.claude/skills')).sort()).toEqual(['muster-handover', MESH, 'ours'])
    expect(readdirSync(home.path('.claude/skills/muster-handover'))).toEqual(['notes.md'])
    expect((await musterIn(home, ['skill', 'uninstall', 'memory', '--runtime', 'claude', '--yes'])).stdout).toBe('None of it is installed.\n')
  })
})

describe('a removal that broke off', () => {
  it('is completed by doing it again', async () => {
    using home = newHome()
    await install(home, 'mesh', '--runtime', 'claude')
    rmSync(home.path(CLAUDE, 'SKILL.md'))
    expect(await musterIn(home, ['skill', 'uninstall', 'mesh', '--runtime', 'claude', '--yes'])).toMatchObject({ exit: 0, stderr: '' })
    expect(existsSync(home.path(CLAUDE))).toBe(false)
  })
})

describe('muster skill doctor', () => {
  const findings = async (home: FakeHome) => {
    const { document, exit } = await json(home, 'skill', 'doctor')
    return {
      exit,
      found: (document['findings'] as { skill: string; state: string; says: string }[]).map(({ skill, state, says }) => [skill, state, says] as const),
    }
  }

  it('has nothing to say of a fresh installation but that it is well', async () => {
    using home = newHome()
    expect((await findings(home)).found).toEqual([])
    await install(home, '--all', '--runtime', 'claude,codex')
    const { exit, found } = await findings(home)
    expect(exit).toBe(0)
    expect(new Set(found.map(([, state, says]) => `${state}: ${says}`))).toEqual(new Set(['ok: as this Muster ships it']))
  })

  it('sees what was edited, is older, newer, missing or has a name that is taken', async () => {
    using home = newHome()
    await install(home, '--all', '--runtime', 'claude')
    home.write(`${CLAUDE}/SKILL.md`, primer.replace('two minutes', 'no time'))
    leaveOlder(home, '.claude/skills/muster-cleanup', primer.replace(MESH, 'muster-cleanup'))
    leaveOlder(home, '.claude/skills/muster-memory', primer.replace(MESH, 'muster-memory'), '99.0.0')
    rmSync(home.path('.claude/skills/muster-handover'), { recursive: true })
    rmSync(home.path('.claude/skills/muster-coordination'), { recursive: true })
    home.write('.claude/skills/muster-coordination/SKILL.md', primer.replace(MESH, 'muster-coordination'))
    const { exit, found } = await findings(home)
    expect(exit).toBe(0)
    const warned = Object.fromEntries(found.filter(([, state]) => state === 'warn').map(([skill, , says]) => [skill, says]))
    expect(warned).toEqual({
      [MESH]: 'edited: SKILL.md',
      'muster-cleanup': 'not what this Muster ships (written by 0.0.1)',
      'muster-memory': 'written by Muster 99.0.0, which is newer than this one',
      'muster-coordination': 'has the name of a shipped skill, and Muster did not write it',
    })
    expect(found).toContainEqual(['-', 'ok', 'not installed: muster-handover'])
  })

  it("holds a person's own skills against the specification, in every folder that is read", async () => {
    using home = newHome()
    home.write('.gemini/skills/Loud/SKILL.md', '---\nname: Loud\ndescription: x\n---\n')
    home.write('.codex/skills/quiet/SKILL.md', '---\nname: quiet\ndescription: x\n---\n')
    home.write('work/.opencode/skills/bare/SKILL.md', 'No front matter.\n')
    home.write('work/.agents/skills/empty/README.md', 'x')
    const { exit, found } = await findings(home)
    expect(exit).toBe(1)
    expect(found.map(([skill, state]) => [skill, state]).sort()).toEqual([
      ['Loud', 'fail'],
      ['bare', 'fail'],
      ['empty', 'warn'],
      ['quiet', 'ok'],
    ])
  })

  it('tells of one name with different texts', async () => {
    using home = newHome()
    for (const [place, text] of [
      ['.claude', 'One.'],
      ['.agents', 'Two.'],
    ] as const)
      home.write(`${place}/skills/ours/SKILL.md`, `---\nname: ours\ndescription: x\n---\n${text}\n`)
    const { found } = await findings(home)
    expect(found).toContainEqual(['ours', 'warn', expect.stringContaining('different texts')])
  })
})

describe('muster skill show', () => {
  it('prints a skill as it is', async () => {
    using home = newHome()
    expect(await musterIn(home, ['skill', 'show', 'mesh'])).toEqual({ exit: 0, stdout: primer, stderr: '' })
    expect((await json(home, 'skill', 'show', 'mesh')).document).toMatchObject({ name: MESH, file: 'SKILL.md', files: ['SKILL.md'], text: primer })
  })
})
