import { spawn } from 'node:child_process'
import { on, once } from 'node:events'
import { existsSync, lstatSync, mkdirSync, readdirSync, readFileSync, readlinkSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { findPersonas } from '../../client/personas/library.ts'
import { musterIn, type Ran } from './install/cli-here.ts'
import { FakeHome } from './install/fake-home.ts'

const shipped = await findPersonas({ workspace: undefined, user: '/nowhere' })
const textOf = (name: string) => shipped.find((persona) => persona.name === name)?.text ?? ''
const FLIPPER = fileURLToPath(new URL('../support/soul-flipper.mjs', import.meta.url))
const OWN = '---\nname: ours\ndescription: Ours.\n---\n\nSpeak as we do.\n'

/** A home with a workspace, in which somebody stands. */
function newWorkspace(): FakeHome {
  const home = new FakeHome()
  home.write('work/.muster/workspace.json', '{"v":1}')
  return home
}

const persona = (home: FakeHome, ...args: string[]): Promise<Ran> => musterIn(home, ['persona', ...args])
const document = async (home: FakeHome, ...args: string[]) => JSON.parse((await persona(home, ...args, '--json')).stdout) as Record<string, unknown>
const active = async (home: FakeHome) => (await document(home, 'list'))['active']
/** The id of a process that has ended. */
async function deadProcess(): Promise<number | undefined> {
  const child = spawn(process.execPath, ['--version'], { stdio: 'ignore' })
  await once(child, 'close')
  return child.pid
}
const soul = (home: FakeHome) => home.read('work/SOUL.md')

describe('muster persona use', () => {
  it('copies a shipped one into the workspace and points SOUL.md at it by a relative link', async () => {
    using home = newWorkspace()
    expect((await persona(home, 'use', 'night-watch')).exit).toBe(0)
    expect(readlinkSync(home.path('work/SOUL.md'))).toBe('personas/night-watch/SOUL.md')
    expect(soul(home)).toBe(textOf('night-watch'))
    expect(await active(home)).toBe('night-watch')
    expect(await document(home, 'use', 'mentor')).toEqual({ v: 1, persona: 'mentor', workspace: home.path('work'), soul: 'link', copied: true, kept: null })
    expect([soul(home), await active(home)]).toEqual([textOf('mentor'), 'mentor'])
    expect(readdirSync(home.path('work')).sort()).toEqual(['.muster', 'SOUL.md', 'personas'])
  })

  it('never writes over a copy that somebody edited', async () => {
    using home = newWorkspace()
    await persona(home, 'use', 'mentor')
    const edited = textOf('mentor').replace('patient', 'very patient')
    home.write('work/personas/mentor/SOUL.md', edited)
    await persona(home, 'use', 'dispatcher')
    await persona(home, 'use', 'mentor')
    expect(soul(home)).toBe(edited)
  })

  it('finds the workspace from a folder inside it, or takes the one that is named', async () => {
    using home = newWorkspace()
    mkdirSync(home.path('work/deep/er'), { recursive: true })
    const inside = { env: {}, cwd: home.path('work/deep/er') }
    expect((await musterIn(home, ['persona', 'use', 'mentor'], inside)).exit).toBe(0)
    expect(soul(home)).toBe(textOf('mentor'))
    mkdirSync(home.path('plain'))
    expect((await persona(home, 'use', 'mentor', '--dir', home.path('plain'))).exit).toBe(0)
    expect(home.read('plain/SOUL.md')).toBe(textOf('mentor'))
  })

  it('refuses where there is no workspace, no such persona or no such folder, and writes nothing', async () => {
    using home = newWorkspace()
    rmSync(home.path('work/.muster'), { recursive: true })
    expect(await persona(home, 'use', 'mentor')).toMatchObject({ exit: 4, stderr: expect.stringContaining('--dir') })
    expect(await persona(home, 'use', 'mentr', '--dir', '.')).toMatchObject({ exit: 4, stderr: expect.stringContaining('Did you mean mentor?') })
    expect(await persona(home, 'use', 'mentor', '--dir', 'nowhere')).toMatchObject({ exit: 4, stderr: expect.stringContaining('no folder') })
    home.write('work/personas/broken/SOUL.md', 'no front matter')
    expect(await persona(home, 'use', 'broken', '--dir', '.')).toMatchObject({ exit: 1, stderr: expect.stringContaining('front matter') })
    expect(readdirSync(home.path('work'))).toEqual(['personas'])
  })

  it.each([
    ['a file of a person', (path: string) => writeFileSync(path, 'I am mine.'), 'I am mine.'],
    ['a link of a person', (path: string) => symlinkSync('../mine.md', path), 'Linked.'],
  ])('leaves %s alone; with --force it stays beside', async (_what, make, text) => {
    using home = newWorkspace()
    home.write('mine.md', 'Linked.')
    make(home.path('work/SOUL.md'))
    expect(await persona(home, 'use', 'mentor')).toMatchObject({ exit: 5, stderr: expect.stringContaining('--force') })
    expect([soul(home), existsSync(home.path('work/personas'))]).toEqual([text, false])
    home.write('work/SOUL.kept.md', 'kept before')
    expect(await document(home, 'use', 'mentor', '--force')).toMatchObject({ persona: 'mentor', kept: 'SOUL.kept-2.md' })
    expect([soul(home), home.read('work/SOUL.kept.md'), home.read('work/SOUL.kept-2.md')]).toEqual([textOf('mentor'), 'kept before', text])
  })

  it('makes a copy where links are not wanted, and knows it again until somebody edits it', async () => {
    using home = newWorkspace()
    await persona(home, 'use', 'mentor', '--copy')
    expect(lstatSync(home.path('work/SOUL.md')).isFile()).toBe(true)
    expect(soul(home)).toContain('# Written by "muster persona use mentor"')
    expect(soul(home).replace(/^# Written.*\n/m, '')).toBe(textOf('mentor'))
    expect(await active(home)).toBe('mentor')
    expect((await persona(home, 'use', 'dispatcher', '--copy')).exit).toBe(0)
    writeFileSync(home.path('work/SOUL.md'), `${soul(home)}\nOurs.\n`)
    expect(await persona(home, 'use', 'mentor')).toMatchObject({ exit: 5, stderr: expect.stringContaining('was edited in place of') })
    expect(await document(home, 'use', 'mentor', '--force')).toMatchObject({ kept: 'SOUL.kept.md', soul: 'link' })
  })

  it.each(['link', 'copy'])('may be killed at any moment, with a %s: SOUL.md is whole, and what is left behind goes with the next use', async (as) => {
    using home = newWorkspace()
    await persona(home, 'use', 'mentor')
    const whole = [textOf('mentor'), textOf('dispatcher')]
    for (let round = 0; round < 2; round += 1) {
      const child = spawn(process.execPath, ['--import', import.meta.resolve('tsx'), FLIPPER, home.path('work'), as], { stdio: ['ignore', 'pipe', 'inherit'] })
      // It writes a line for each time; where in its loop the kill finds it differs from round to round.
      const lines = on(child.stdout, 'data')
      for (let heard = 0; heard < 20; heard += 1) await lines.next()
      child.kill('SIGKILL')
      await once(child, 'close')
      expect(whole).toContain(soul(home).replace(/^# Written.*\n/m, ''))
    }
    home.write(`work/.SOUL.md.muster-${await deadProcess()}-x`, 'half a')
    await persona(home, 'use', 'mentor')
    expect(readdirSync(home.path('work')).filter((name) => name.startsWith('.SOUL'))).toEqual([])
  })

  it('keeps a SOUL.md that somebody made at the same moment', async () => {
    using home = newWorkspace()
    const { pointSoul } = await import('../../client/personas/soul.ts')
    writeFileSync(home.path('work/SOUL.md'), 'made meanwhile')
    const pointing = { persona: 'mentor', text: textOf('mentor'), as: 'link', before: { kind: 'none' } } as const
    await expect(pointSoul(home.path('work'), pointing)).rejects.toMatchObject({ code: 'config_changed' })
    expect(soul(home)).toBe('made meanwhile')
  })
})

describe('muster persona clear', () => {
  it('points at the neutral one', async () => {
    using home = newWorkspace()
    await persona(home, 'use', 'mentor')
    expect((await persona(home, 'clear')).exit).toBe(0)
    expect([soul(home), await active(home)]).toEqual([textOf('neutral'), 'neutral'])
  })
})

describe('muster persona list and show', () => {
  it('put those of the workspace before those of the user, and those before the shipped ones', async () => {
    using home = newWorkspace()
    home.write('.config/muster/personas/mentor/SOUL.md', OWN.replace('ours', 'mentor'))
    home.write('work/personas/mentor/SOUL.md', OWN.replace('ours', 'mentor').replace('Ours.', 'The workspace.'))
    home.write('.config/muster/personas/ours/SOUL.md', OWN)
    const { personas } = (await document(home, 'list')) as { personas: { name: string; source: string; counts: boolean; description: string }[] }
    const mentors = personas.filter(({ name }) => name === 'mentor').map(({ source, counts }) => [source, counts])
    expect(mentors).toEqual([
      ['workspace', true],
      ['user', false],
      ['shipped', false],
    ])
    expect(personas.map(({ name }) => name)).toContain('ours')
    const table = (await persona(home, 'list')).stdout
    expect(table.match(/^mentor .*$/gm)).toEqual([expect.stringMatching(/^mentor +workspace, not as user +- +The workspace\.$/)])
    expect((await persona(home, 'use', 'ours')).exit).toBe(0)
    expect(home.read('work/personas/ours/SOUL.md')).toBe(OWN)
    expect(await document(home, 'show')).toMatchObject({ name: 'ours', source: 'workspace', active: true, text: OWN })
  })

  it('work without a workspace, and say what is wrong with one that is not valid', async () => {
    using home = newWorkspace()
    rmSync(home.path('work/.muster'), { recursive: true })
    home.write('.config/muster/personas/broken/SOUL.md', 'x')
    const { exit, stdout } = await persona(home, 'list')
    expect([exit, stdout]).toEqual([0, expect.stringMatching(/^broken +user +- +not valid: it does not begin/m)])
    expect((await persona(home, 'show', 'sceptic')).stdout).toContain('# The sceptical reviewer')
    expect((await persona(home, 'show')).exit).toBe(4)
  })

  it('show no escape of a terminal that a persona holds', async () => {
    using home = newWorkspace()
    home.write('work/personas/ours/SOUL.md', `${OWN}\u001b[2J`)
    expect((await persona(home, 'show', 'ours')).stdout).not.toContain('\u001b')
  })

  it('say that a SOUL.md is a person’s own', async () => {
    using home = newWorkspace()
    home.write('work/SOUL.md', 'mine')
    expect(await persona(home, 'show')).toMatchObject({ exit: 4, stderr: expect.stringContaining('your own') })
    expect(readFileSync(home.path('work/SOUL.md'), 'utf8')).toBe('mine')
  })
})
