import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { serverValue } from '../../../../client/agents/install/claude-server.ts'
import { claudeHooks } from '../../../../client/agents/install/claude-target.ts'
import { geminiHooks, geminiServer } from '../../../../client/agents/install/gemini-target.ts'
import type { HookGroup } from '../../../../client/agents/install/json-editor.ts'

const read = (path: string): Record<string, unknown> => JSON.parse(readFileSync(new URL(`../../../../${path}`, import.meta.url), 'utf8'))
const INSTALLED = { argv: ['muster'], env: {} }
const { version } = read('package.json')
const asWritten = (groups: Record<string, HookGroup>) => Object.fromEntries(Object.entries(groups).map(([event, group]) => [event, [group]]))

describe('what is shipped as a plugin or an extension', () => {
  it('for Claude Code is what muster install writes', () => {
    expect(read('plugins/claude/hooks/hooks.json')['hooks']).toEqual(asWritten(claudeHooks(INSTALLED)))
    expect(read('plugins/claude/.mcp.json')).toEqual({ mcpServers: { muster: serverValue(INSTALLED) } })
  })

  it('for Gemini CLI is what muster install writes', () => {
    expect(read('plugins/gemini/hooks/hooks.json')['hooks']).toEqual(asWritten(geminiHooks(INSTALLED)))
    expect(read('plugins/gemini/gemini-extension.json')['mcpServers']).toEqual({ muster: geminiServer(INSTALLED) })
  })

  it('has the version of the package', () => {
    expect(read('plugins/claude/.claude-plugin/plugin.json')['version']).toBe(version)
    expect(read('plugins/gemini/gemini-extension.json')['version']).toBe(version)
  })
})
