import { chmodSync, existsSync, lstatSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { claudeTarget } from '../../../client/agents/install/claude-target.ts'
import { geminiTarget } from '../../../client/agents/install/gemini-target.ts'
import { applyPlan } from '../../../client/agents/install/install-apply.ts'
import { isEmptyPlan, planInstall, planUninstall, recordFor } from '../../../client/agents/install/install-plan.ts'
import { settingsText } from '../../unit/client/install/hostile-json.ts'
import { FakeHome, install, uninstall } from './fake-home.ts'

const SETTINGS = '.gemini/settings.json'
const EXISTING = '{\n  // mine\n  "theme": "dark",\n  "hooks": { "SessionStart": [] } // and this\n}\n'
const refused = (code: string, message: RegExp) => expect.objectContaining({ code, message: expect.stringMatching(message) })

describe('muster install on a file', () => {
  it('and uninstall leave every byte as it was, or refuse it and touch nothing', async () => {
    await fc.assert(
      fc.asyncProperty(settingsText, async (text) => {
        using home = new FakeHome()
        home.write(SETTINGS, text)
        const plan = await install(geminiTarget, home.site()).catch((error: unknown) => error)
        if (plan instanceof Error) {
          // Gemini CLI itself does not start with such a file.
          expect(plan).toEqual(refused('config_refused', /line \d+, column \d+/))
          expect(home.read(SETTINGS)).toBe(text)
          return
        }
        expect(isEmptyPlan(await planInstall(geminiTarget, home.site()))).toBe(true)
        await uninstall(geminiTarget, home.site())
        expect(home.read(SETTINGS)).toBe(text)
      }),
      { numRuns: 60 },
    )
  })

  it('changes nothing the second time', async () => {
    using home = new FakeHome()
    home.write(SETTINGS, EXISTING)
    await install(geminiTarget, home.site())
    const [text, { mtimeMs }] = [home.read(SETTINGS), statSync(home.path(SETTINGS))]
    expect(isEmptyPlan(await install(geminiTarget, home.site()))).toBe(true)
    expect([home.read(SETTINGS), statSync(home.path(SETTINGS)).mtimeMs]).toEqual([text, mtimeMs])
  })

  it('keeps comments, and what was edited meanwhile, when it is taken out again', async () => {
    using home = new FakeHome()
    home.write(SETTINGS, EXISTING)
    await install(geminiTarget, home.site())
    home.write(SETTINGS, home.read(SETTINGS).replace('"theme": "dark"', '"theme": "light",\n  "model": { "name": "x" }'))
    await uninstall(geminiTarget, home.site())
    expect(home.read(SETTINGS).replace(/\[\s+\]/, '[]')).toBe(EXISTING.replace('"theme": "dark"', '"theme": "light",\n  "model": { "name": "x" }'))
  })

  it('is taken out by what it calls where nobody remembers what was done', async () => {
    using home = new FakeHome()
    home.write(SETTINGS, '{\n  "theme": "dark"\n}\n')
    await install(geminiTarget, home.site())
    rmSync(home.path('state'), { recursive: true })
    await uninstall(geminiTarget, home.site())
    expect(home.read(SETTINGS)).toBe('{\n  "theme": "dark"\n}\n')
  })

  it('follows muster to another place, and still knows what was there before', async () => {
    using home = new FakeHome()
    home.write(SETTINGS, EXISTING)
    await install(geminiTarget, home.site())
    const moved = home.site({ argv: ['/new place/node', '/new place/client/cli/main.js'] })
    expect((await install(geminiTarget, moved)).changes).toHaveLength(1)
    const text = home.read(SETTINGS)
    expect(text).not.toContain('"muster hook')
    expect(text.match(/main\.js' hook gemini start/g)).toHaveLength(1)
    await uninstall(geminiTarget, moved)
    expect(home.read(SETTINGS)).toBe(EXISTING)
  })

  it('makes the file and its folders where there are none, and removes those again', async () => {
    using home = new FakeHome()
    mkdirSync(home.path('work'))
    const site = home.site({ scope: 'project' })
    await install(geminiTarget, site)
    await install(claudeTarget, site)
    expect(JSON.parse(home.read('work/.gemini/settings.json'))).toMatchObject({ mcpServers: { muster: { command: 'muster' } } })
    expect(JSON.parse(home.read('work/.mcp.json'))).toMatchObject({ mcpServers: { muster: { alwaysLoad: true } } })
    await uninstall(geminiTarget, site)
    await uninstall(claudeTarget, site)
    expect(readdirSync(home.path('work'))).toEqual([])
    expect(readdirSync(home.path('state/installed'))).toEqual([])
  })

  it('leaves a file that it made where more is in it by now', async () => {
    using home = new FakeHome()
    await install(geminiTarget, home.site())
    const value = JSON.parse(home.read(SETTINGS)) as object
    home.write(SETTINGS, JSON.stringify({ theme: 'dark', ...value }, null, 2))
    await uninstall(geminiTarget, home.site())
    expect(JSON.parse(home.read(SETTINGS))).toEqual({ theme: 'dark' })
  })

  it('keeps the mode of a file and the link that leads to it', async () => {
    using home = new FakeHome()
    const real = home.write('dotfiles/gemini.json', '{}\n')
    chmodSync(real, 0o640)
    mkdirSync(home.path('.gemini'))
    symlinkSync('../dotfiles/gemini.json', home.path(SETTINGS))
    await install(geminiTarget, home.site())
    expect(lstatSync(home.path(SETTINGS)).isSymbolicLink()).toBe(true)
    expect(statSync(real).mode & 0o777).toBe(0o640)
    expect(readFileSync(real, 'utf8')).toContain('hook gemini')
    expect(readdirSync(home.path('dotfiles'))).toEqual(['gemini.json'])
    await uninstall(geminiTarget, home.site())
    expect(readFileSync(real, 'utf8')).toBe('{}\n')
    expect(lstatSync(home.path(SETTINGS)).isSymbolicLink()).toBe(true)
  })

  it('does with a file of many megabytes as with any other', async () => {
    using home = new FakeHome()
    const text = JSON.stringify({ list: Array.from({ length: 60_000 }, (_, index) => ({ index, text: 'x'.repeat(50) })) }, null, 1)
    home.write(SETTINGS, text)
    await install(geminiTarget, home.site())
    expect(home.read(SETTINGS).length).toBeGreaterThan(text.length)
    await uninstall(geminiTarget, home.site())
    expect(home.read(SETTINGS) === text).toBe(true)
  })
})

describe('muster install refuses, and writes nothing', () => {
  it.each([
    ['where a file is not UTF-8', Buffer.from('{"a":"\xff"}', 'latin1'), /is not UTF-8 text/],
    ['where it is UTF-16', Buffer.from('\ufeff{}', 'utf16le'), /is not UTF-8 text/],
    ['where it is broken', '{\n  "a": 1\n  "b": 2\n}', /line 3, column 3: comma expected/],
  ])('%s', async (_case, bytes, message) => {
    using home = new FakeHome()
    home.write(SETTINGS, bytes)
    await expect(install(geminiTarget, home.site())).rejects.toEqual(refused('config_refused', message))
    expect(readFileSync(home.path(SETTINGS))).toEqual(Buffer.from(bytes))
  })

  it('where one of two files is broken, not even into the other', async () => {
    using home = new FakeHome()
    mkdirSync(home.path('work'))
    home.write('work/.claude/settings.json', '{"hooks": ')
    await expect(install(claudeTarget, home.site({ scope: 'project' }))).rejects.toEqual(refused('config_refused', /settings\.json: line 1/))
    expect(readdirSync(home.path('work'))).toEqual(['.claude'])
  })

  it('a read-only file, a link to nowhere, a folder', async () => {
    using home = new FakeHome()
    chmodSync(home.write(SETTINGS, '{}'), 0o444)
    await expect(install(geminiTarget, home.site())).rejects.toEqual(refused('config_refused', /is read-only/))
    rmSync(home.path(SETTINGS))
    symlinkSync('nowhere', home.path(SETTINGS))
    await expect(install(geminiTarget, home.site())).rejects.toEqual(refused('config_refused', /is a link to a file that is not there/))
    rmSync(home.path(SETTINGS))
    mkdirSync(home.path(SETTINGS))
    await expect(install(geminiTarget, home.site())).rejects.toEqual(refused('config_refused', /cannot be read \(EISDIR\)/))
  })

  it('a file that changes between being read and being written', async () => {
    using home = new FakeHome()
    home.write(SETTINGS, '{}')
    const plan = await planInstall(geminiTarget, home.site())
    home.write(SETTINGS, '{"theme":"dark"}')
    await expect(applyPlan(plan, recordFor(geminiTarget, home.site()))).rejects.toEqual(refused('config_changed', /has changed since it was read/))
    expect(home.read(SETTINGS)).toBe('{"theme":"dark"}')
    expect(readdirSync(home.path('.gemini'))).toEqual(['settings.json'])
  })

  it('a file that comes to be, or goes, in the meantime', async () => {
    using home = new FakeHome()
    const creating = await planInstall(geminiTarget, home.site())
    home.write(SETTINGS, '{"theme":"dark"}')
    await expect(applyPlan(creating, recordFor(geminiTarget, home.site()))).rejects.toEqual(refused('config_changed', /has changed/))
    expect(home.read(SETTINGS)).toBe('{"theme":"dark"}')
    await install(geminiTarget, home.site())
    const removing = await planUninstall(geminiTarget, home.site())
    rmSync(home.path(SETTINGS))
    await expect(applyPlan(removing, recordFor(geminiTarget, home.site()))).rejects.toEqual(refused('config_changed', /has changed/))
    expect(existsSync(home.path(SETTINGS))).toBe(false)
  })

  it("a server of somebody else with Muster's name, and a program that has the plugin or the extension", async () => {
    using home = new FakeHome()
    home.write(SETTINGS, '{"mcpServers":{"muster":{"command":"theirs"}}}')
    await expect(install(geminiTarget, home.site())).rejects.toEqual(refused('config_taken', /not Muster's/))
    writeFileSync(home.path(SETTINGS), '{}')
    mkdirSync(home.path('.gemini/extensions/muster'), { recursive: true })
    await expect(install(geminiTarget, home.site())).rejects.toEqual(refused('config_taken', /the Muster extension is installed in Gemini CLI/))
    home.write('work/.claude/settings.json', '{"enabledPlugins":{"muster@muster":true}}')
    await expect(install(claudeTarget, home.site({ scope: 'project' }))).rejects.toEqual(
      refused('config_taken', /the Muster plugin is installed in Claude Code/),
    )
  })
})
