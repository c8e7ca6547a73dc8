import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { AgentKind } from './kind.ts'

const KEY = 'scripted-model'
const MODEL = ['--model', 'claude-sonnet-4-5']

export const claude: AgentKind = {
  name: 'claude',

  configure({ home, work }) {
    const settled = { hasCompletedOnboarding: true, theme: 'dark', customApiKeyResponses: { approved: [KEY] } }
    writeFileSync(join(home, '.claude.json'), JSON.stringify({ ...settled, projects: { [work]: { hasTrustDialogAccepted: true } } }))
  },

  addHttp({ home }, url, token) {
    const path = join(home, '.claude.json')
    const muster = { type: 'http', url, headers: { Authorization: `Bearer ${token}` }, alwaysLoad: true }
    writeFileSync(path, JSON.stringify({ ...JSON.parse(readFileSync(path, 'utf8')), mcpServers: { muster } }))
  },

  env: (modelUrl) => ({ ANTHROPIC_BASE_URL: modelUrl, ANTHROPIC_API_KEY: KEY, CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: '1', DISABLE_AUTOUPDATER: '1' }),

  turn: (prompt, resume) => ['-p', prompt, ...MODEL, '--output-format', 'json', '--allowedTools', 'mcp__muster,Bash', ...(resume ? ['--resume', resume] : [])],

  read(stdout) {
    const { result, session_id } = JSON.parse(stdout) as { readonly result: string; readonly session_id: string }
    return { said: result, session: session_id }
  },

  interactive: (resume) => [...MODEL, '--allowedTools', 'mcp__muster,Bash', ...(resume ? ['--resume', resume] : [])],
  ready: /❯/,
}
