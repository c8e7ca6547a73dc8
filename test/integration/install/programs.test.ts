import { dirname, join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { plainText, runProgram } from '../../../client/agents/install/programs.ts'
import { agentTest } from '../../agents/support/agent-test.ts'
import { type AgentName, agentProgram, missingAgents } from '../../agents/support/programs.ts'
import { ROOT } from '../../e2e/programs.ts'
import { musterIn } from './cli-here.ts'
import { FakeHome } from './fake-home.ts'

const TIMEOUT_MS = 120_000
/** No updates and no calls home while a test looks. */
const QUIET = {
  DISABLE_AUTOUPDATER: '1',
  CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: '1',
  OPENCODE_DISABLE_AUTOUPDATE: '1',
  OPENCODE_DISABLE_MODELS_FETCH: '1',
  // OpenCode fetches a package for plugins in the background; it does without.
  npm_config_registry: 'http://127.0.0.1:9',
  npm_config_fetch_retries: '0',
}

/** Somebody who has this program, and no Muster on the PATH. */
function ownerOf(name: AgentName) {
  const home = new FakeHome()
  home.write('work/README', '')
  const env = { ...QUIET, PATH: `${dirname(agentProgram(name))}:${process.env['PATH']}` }
  return {
    home,
    muster: (...args: string[]) => musterIn(home, args, { env }),
    async program(...args: string[]): Promise<string> {
      const ran = await runProgram(agentProgram(name), args, { env: { ...env, HOME: home.folder }, cwd: home.path('work'), timeoutMs: TIMEOUT_MS })
      return plainText(`${ran.stdout}\n${ran.stderr}`)
    },
    [Symbol.dispose]: () => home[Symbol.dispose](),
  }
}

/** Installs twice and uninstalls twice; what is printed the first time is returned. */
async function thereAndBack({ muster }: ReturnType<typeof ownerOf>, name: AgentName, inBetween: () => Promise<void>): Promise<void> {
  const first = await muster('install', name, '--yes')
  expect(first, first.stdout + first.stderr).toMatchObject({ exit: 0, stdout: expect.stringContaining('Muster is installed in ') })
  expect(await muster('install', name, '--yes')).toMatchObject({ exit: 0, stdout: expect.stringMatching(/^Muster is installed in .* already\.\n[^\n]*\n$/) })
  await inBetween()
  expect((await muster('doctor')).stdout).toMatch(new RegExp(`^${name} +configured +ok `, 'm'))
  expect(await muster('uninstall', name, '--yes')).toMatchObject({ exit: 0 })
  expect(await muster('uninstall', name, '--yes')).toMatchObject({ exit: 0, stdout: expect.stringContaining('Nothing of Muster is installed') })
}

describe('muster install in the real', { timeout: 2 * TIMEOUT_MS }, () => {
  agentTest(['claude'], 'Claude Code', async () => {
    using owner = ownerOf('claude')
    const { home, muster, program } = owner
    const settings = '{\n  "permissions": { "allow": ["Bash(ls)"] },\n  "hooks": { "Stop": [] }\n}'
    home.write('.claude/settings.json', settings)
    // Once, so that its own file has what it puts in at its first start.
    await program('mcp', 'list')
    const before = JSON.parse(home.read('.claude.json')) as object
    await thereAndBack(owner, 'claude', async () => {
      expect(await program('mcp', 'get', 'muster')).toContain('✔ Connected')
      expect(JSON.parse(home.read('.claude.json'))).toMatchObject({ ...before, mcpServers: { muster: { type: 'stdio', alwaysLoad: true } } })
    })
    expect(home.read('.claude/settings.json')).toBe(settings)
    expect(JSON.parse(home.read('.claude.json'))).toEqual({ ...before, mcpServers: {}, userID: expect.any(String) })

    home.write('.claude.json', '{"mcpServers": {"muster": {"command": "theirs"}}}')
    expect(await muster('install', 'claude', '--yes')).toMatchObject({ exit: 5, stderr: expect.stringContaining("not Muster's") })
    home.write('.claude.json', '{"mcpServers": {')
    expect(await muster('install', 'claude', '--yes')).toMatchObject({ exit: 1, stderr: expect.stringContaining('line 1, column 17') })
    expect(home.read('.claude.json')).toBe('{"mcpServers": {')
    expect(home.read('.claude/settings.json')).toBe(settings)
  })

  agentTest(['claude'], 'Claude Code, where Muster has moved', async () => {
    using owner = ownerOf('claude')
    const { home, muster } = owner
    await muster('install', 'claude', '--yes')
    const moved = home.read('.claude.json').replaceAll('/client/cli/main.ts', '/gone/client/cli/main.ts')
    home.write('.claude.json', moved)
    expect((await muster('doctor')).stdout).toMatch(/^claude +configured +fail +MCP server, \d hooks; there is no .*\/gone\/client/m)
    expect(await muster('install', 'claude', '--yes')).toMatchObject({ exit: 0, stdout: expect.stringContaining('runs: claude mcp remove') })
    expect(home.read('.claude.json')).not.toContain('/gone/')
  })

  agentTest(['claude'], 'Claude Code, for one folder', async () => {
    using owner = ownerOf('claude')
    const { home, muster } = owner
    const { exit, stdout } = await muster('install', 'claude', '--scope', 'project', '--yes')
    expect([exit, stdout]).toEqual([0, expect.stringMatching(/claude mcp get muster: .*(Pending approval|Connected)/)])
    expect(JSON.parse(home.read('work/.mcp.json'))).toMatchObject({ mcpServers: { muster: { alwaysLoad: true } } })
    expect((await muster('doctor')).stdout).toMatch(/^claude +configured here +ok +MCP server, \d hooks$/m)
  })

  agentTest(['codex'], 'Codex', async () => {
    using owner = ownerOf('codex')
    const { home, muster, program } = owner
    // `codex mcp add` would lose the comments in the tables of the servers, and the line ends.
    const config = '# mine\r\nmodel = "x" # keep\r\n\r\n[mcp_servers.other] # and this\r\ncommand = "y"\r\n\r\n[projects."/w"]\r\ntrust_level = "trusted"'
    const hooks = '{"hooks":{"Stop":[{"hooks":[{"type":"command","command":"lint"}]}]}}'
    home.write('.codex/config.toml', config)
    home.write('.codex/hooks.json', hooks)
    await thereAndBack(owner, 'codex', async () => {
      expect(home.read('.codex/config.toml').startsWith(`${config}\r\n`)).toBe(true)
      expect(JSON.parse(await outputOf(program('mcp', 'list', '--json')))).toMatchObject([{ name: 'muster', startup_timeout_sec: 60 }, { name: 'other' }])
    })
    expect(home.read('.codex/config.toml')).toBe(config)
    expect(home.read('.codex/hooks.json')).toBe(hooks)
    expect(await muster('install', 'codex', '--yes')).toMatchObject({ exit: 0 })
    // Codex itself writes into the file; our table stays what it was.
    await program('mcp', 'add', 'third', '--', 'z')
    expect(await muster('install', 'codex', '--yes')).toMatchObject({ stdout: expect.stringContaining('already') })
    await muster('uninstall', 'codex', '--yes')
    expect(home.read('.codex/config.toml')).not.toContain('muster')
    expect(JSON.parse(await outputOf(program('mcp', 'list', '--json')))).toMatchObject([{ name: 'other' }, { name: 'third' }])
  })

  agentTest(['codex'], 'Codex, whatever form its configuration has', async () => {
    using owner = ownerOf('codex')
    const { home, muster, program } = owner
    const forms = [
      '',
      '\n\n',
      'mcp_servers = { other = { command = "y" } } # inline\n',
      'mcp_servers.other.command = "y"\n',
      '[mcp_servers]\nother = { command = "y" }\n',
      '[profiles.a]\nmodel = """\n[mcp_servers.muster]\n"""',
      '[mcp_servers."other"]\ncommand = \'y\'\nargs = [ # list\n  "a", # [x]\n]\n[mcp_servers."other".env]\nA = "b"',
    ]
    for (const config of forms) {
      home.write('.codex/config.toml', config)
      const installed = await muster('install', 'codex', '--yes')
      expect(installed, config + installed.stderr).toMatchObject({ exit: 0 })
      expect(await program('mcp', 'get', 'muster')).toContain('--runtime codex')
      await muster('uninstall', 'codex', '--yes')
      expect(home.read('.codex/config.toml')).toBe(config)
    }
    const broken = 'model = "x"\n[[[broken\n'
    home.write('.codex/config.toml', broken)
    expect(await muster('install', 'codex', '--yes')).toMatchObject({ exit: 1, stderr: expect.stringContaining('config.toml: line 2, column 3: ') })
    expect(home.read('.codex/config.toml')).toBe(broken)
    home.write('.codex/config.toml', '[mcp_servers.muster]\ncommand = "theirs"\n')
    expect(await muster('install', 'codex', '--yes')).toMatchObject({ exit: 5, stderr: expect.stringContaining("not Muster's") })
  })

  agentTest(['gemini'], 'Gemini CLI', async () => {
    using owner = ownerOf('gemini')
    const { home, program } = owner
    const settings = '{\r\n\t// mine\r\n\t"privacy": { "usageStatisticsEnabled": false },\r\n\t"general": { "enableAutoUpdate": false } // no updates\r\n}\r\n'
    home.write('.gemini/settings.json', settings)
    await thereAndBack(owner, 'gemini', async () => {
      expect(await program('mcp', 'list')).toMatch(/muster: .* --runtime gemini \(stdio\) - (Disabled|Connected)/)
    })
    expect(home.read('.gemini/settings.json')).toBe(settings)
  })

  // The pipeline installs the other three.
  if (!process.env['CI'] || missingAgents(['opencode']).length === 0) {
    agentTest(['opencode'], 'OpenCode', async () => {
      // As from the sources; what is built is muster.js.
      const plugin = '.config/opencode/plugins/muster.ts'
      using owner = ownerOf('opencode')
      const { home } = owner
      const config = '{\n  "$schema": "https://opencode.ai/config.json",\n  // mine\n  "autoupdate": false,\n  "mcp": {\n    // none yet\n  },\n}\n'
      home.write('.config/opencode/opencode.jsonc', config)
      await thereAndBack(owner, 'opencode', async () => {
        expect(home.read(plugin)).toMatch(/^\/\/ Written by "muster install opencode"/)
      })
      expect(home.read('.config/opencode/opencode.jsonc')).toBe(config)
      expect(() => home.read(plugin)).toThrow('ENOENT')
    })
  }
})

describe('what is shipped', { timeout: TIMEOUT_MS }, () => {
  agentTest(['claude'], 'is a plugin and a marketplace that Claude Code accepts', async () => {
    using owner = ownerOf('claude')
    for (const path of ['plugins/claude', 'plugins/claude/.claude-plugin/plugin.json']) {
      expect(await owner.program('plugin', 'validate', join(ROOT, path))).toContain('Validation passed')
    }
  })

  agentTest(['gemini'], 'is an extension that Gemini CLI accepts', async () => {
    using owner = ownerOf('gemini')
    expect(await owner.program('extensions', 'validate', join(ROOT, 'plugins/gemini'))).toContain('has been successfully validated')
  })

  it('is refused by these validators where it is broken', async (context) => {
    if (missingAgents(['claude', 'gemini']).length > 0) return context.skip('claude or gemini is not installed')
    using claude = ownerOf('claude')
    claude.home.write('plugin/.claude-plugin/plugin.json', '{"name":"x y","hooks":5}')
    expect(await claude.program('plugin', 'validate', claude.home.path('plugin'))).toContain('Validation failed')
  })
})

/** The JSON among what a program said. */
async function outputOf(said: Promise<string>): Promise<string> {
  const text = await said
  return text.slice(text.indexOf('['), text.lastIndexOf(']') + 1)
}
