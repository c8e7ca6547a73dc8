import { describe, expect, it } from 'vitest'
import { probeBridge } from '../../../client/agents/install/bridge-probe.ts'
import { musterCommand } from '../../../client/agents/install/muster-command.ts'
import { FakeHome } from './fake-home.ts'

const node = (script: string) => [process.execPath, '-e', script]

describe('the probe of the bridge', () => {
  it('counts the tools of the real one, with no daemon anywhere', async () => {
    using home = new FakeHome()
    const env = { HOME: home.folder, PATH: process.env['PATH'] }
    const argv = [...musterCommand(env).argv, 'mcp', '--runtime', 'codex']
    expect(await probeBridge(argv, env, home.folder)).toEqual({ ok: true, said: expect.stringMatching(/^the bridge offers \d+ tools$/) })
  })

  it.each([
    [['/nonexistent/muster'], /^the bridge does not start: .*ENOENT/],
    [node('process.stderr.write("no such file"); process.exit(3)'), /^the bridge ended with status 3: no such file$/],
    [node('console.log("hello"); process.stdin.resume()'), /^the bridge does not speak MCP: SyntaxError/],
    [
      node('process.stdin.on("data", () => console.log(JSON.stringify({ id: 1, result: {} }) + "\\n" + JSON.stringify({ id: 2, result: { tools: [] } })))'),
      /^the bridge offers 0 tools$/,
    ],
  ])('says what is wrong with %j', async (argv, said) => {
    expect(await probeBridge(argv, { PATH: process.env['PATH'] }, '/')).toEqual({ ok: false, said: expect.stringMatching(said) })
  })
})
