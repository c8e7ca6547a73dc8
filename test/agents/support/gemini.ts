import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { AgentKind } from './kind.ts'

export const gemini: AgentKind = {
  name: 'gemini',

  configure({ home }) {
    const folder = join(home, '.gemini')
    mkdirSync(folder)
    const settings = {
      security: { auth: { selectedType: 'gemini-api-key' }, folderTrust: { enabled: false } },
      privacy: { usageStatisticsEnabled: false },
      general: { enableAutoUpdate: false },
    }
    writeFileSync(join(folder, 'settings.json'), JSON.stringify(settings, undefined, 2))
  },

  addHttp({ home }, url, token) {
    const path = join(home, '.gemini', 'settings.json')
    const muster = { type: 'http', url, headers: { Authorization: `Bearer ${token}` } }
    writeFileSync(path, JSON.stringify({ ...JSON.parse(readFileSync(path, 'utf8')), mcpServers: { muster } }))
  },

  env: (modelUrl) => ({ GEMINI_API_KEY: 'scripted-model', GOOGLE_GEMINI_BASE_URL: modelUrl }),

  turn: (prompt, resume) => ['-p', prompt, '--yolo', '--model', 'gemini-2.5-flash', '--output-format', 'json', ...(resume ? ['--resume', resume] : [])],

  read(stdout) {
    const { response, session_id } = JSON.parse(stdout) as { readonly response: string; readonly session_id: string }
    return { said: response, session: session_id }
  },

  interactive: (resume) => ['--yolo', '--model', 'gemini-2.5-flash', ...(resume ? ['--resume', resume] : [])],
  ready: /Type your message/,
}
