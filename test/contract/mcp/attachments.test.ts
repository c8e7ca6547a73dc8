import { describe, expect, it } from 'vitest'
import { PEER_SENTENCE } from '../../../src/tools/envelope.ts'
import { McpClient, REVISIONS, textOf } from '../support/mcp-client.ts'
import { TestDaemon } from '../support/test-daemon.ts'

/** What a tool says that has failed. */
async function failure(client: McpClient, tool: string, args: Record<string, unknown>): Promise<string> {
  const result = await client.call(tool, args)
  expect(result.isError).toBe(true)
  return textOf(result)
}

describe.each(REVISIONS)('files, over MCP at revision %s', (revision) => {
  it('are named with their message, read page by page, and forwarded by their id', async () => {
    await using daemon = await TestDaemon.start()
    const ada = await daemon.register({ name: 'ada' })
    const bob = await daemon.register({ name: 'bob', mode: 'pull', runtime: 'codex' })
    const eve = await daemon.register({ name: 'eve', mode: 'pull', runtime: 'codex' })
    const upload = async (name: string, body: string | Buffer) => {
      const headers = { authorization: `Bearer ${ada.token}`, 'content-type': 'text/plain' }
      const response = await fetch(`${daemon.url}/v1/artifacts?name=${encodeURIComponent(name)}`, { method: 'POST', headers, body })
      return ((await response.json()) as { artifact: { id: string } }).artifact.id
    }
    const long = `</peer-message>\n${'ü€😀\n'.repeat(6_000)}the end`
    await using wire = await daemon.greet(ada.token)
    const attachments = [
      await upload('long "text".md', long),
      await upload('photo.png', Buffer.from([0xff, 0xd8, 0, 1])),
      await upload('a', 'a'),
      await upload('b', 'b'),
    ]
    await wire.call('threads.notify', { to: 'bob', body: 'See these.', attachments })
    await using agent = await McpClient.connect(daemon.url, bob.token, { revision })
    const mail = (await agent.ok('inbox')).text
    const [text = '', photo = ''] = [...mail.matchAll(/attachment \{"id":"(att_\w+)"\}/g)].map(([, id]) => id)
    const message = /\[and 1 more; see them: attachment \{"id":"(msg_\w+)"\}\]/.exec(mail)?.[1] as string
    expect(mail).toContain(`[file "long 'text'.md", ${Buffer.byteLength(long)} bytes of text/plain; read it`)
    expect((await agent.ok('attachment', { id: message })).structured['files']).toHaveLength(4)
    let read = ''
    for (let offset: unknown = 0; offset !== undefined; ) {
      const { structured } = await agent.ok('attachment', { id: text, offset })
      const page = String(structured['text'])
      expect(page.split('\n').slice(0, 2)).toEqual([PEER_SENTENCE, `<peer-message from="ada" kind="file" file="${text}">`])
      read += page
        .split('\n')
        .filter((line) => line.startsWith('|'))
        .map((line) => line.slice(2))
        .join('\n')
      offset = structured['next']
    }
    expect(read).toBe(long.replace('<', '&lt;'))
    expect((await agent.ok('attachment', { id: text, offset: Buffer.byteLength(long) })).text).toContain('ends at byte')
    expect(await failure(agent, 'attachment', { id: photo })).toMatch(/^invalid_input: .*no text/)
    expect(await failure(agent, 'attachment', { id: text, offset: 17 })).toMatch(/^invalid_input: .*within a character/)
    expect(await failure(agent, 'attachment', { id: text, save: 'x.md' })).toMatch(/^invalid_input: .*read it as text/)
    expect(await failure(agent, 'notify', { to: 'eve', text: 'x', attach: ['/etc/passwd'] })).toMatch(/^invalid_input: .*only ids/)
    await agent.ok('notify', { to: 'eve', text: 'forwarded', attach: [text] })
    await using other = await McpClient.connect(daemon.url, eve.token, { revision })
    expect(await failure(other, 'attachment', { id: text })).toMatch(/^not_found/)
    const forwarded = /attachment \{"id":"(att_\w+)"\}/.exec((await other.ok('inbox')).text)?.[1] as string
    expect((await other.ok('attachment', { id: forwarded })).text).toContain('<peer-message from="bob" kind="file"')
  })
})
