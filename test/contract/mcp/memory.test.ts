import { expect, it } from 'vitest'
import { McpClient, textOf } from '../support/mcp-client.ts'
import { TestDaemon } from '../support/test-daemon.ts'

it("the daemon's own door has no folder: the memory says so, and mail with recall comes all the same", async () => {
  await using daemon = await TestDaemon.start()
  const { token } = await daemon.register({ name: 'ada', mode: 'pull', runtime: 'codex' })
  await using ada = await McpClient.connect(daemon.url, token, { profile: 'orchestrator' })
  for (const input of [{ action: 'recall' }, { action: 'show', note: 'x' }, { action: 'write', note: 'x', text: 'y', kind: 'rule' }]) {
    const result = await ada.call('memory', input)
    expect([result.isError, textOf(result)]).toEqual([true, expect.stringMatching(/^forbidden: .* only muster mcp, started in it, reaches it\.$/)])
  }
  await ada.ok('notify', { to: 'ada', text: 'To myself.' })
  const { structured } = await ada.ok('inbox', { recall: true })
  expect(structured).toEqual({ mail: expect.stringContaining('| To myself.'), recall: expect.stringMatching(/^forbidden: /) })
  expect((await ada.ok('inbox')).structured).toEqual({ mail: 'Nothing waits for you.' })
})
