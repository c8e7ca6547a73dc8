import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { AgentKind } from './kind.ts'

export const opencode: AgentKind = {
  name: 'opencode',

  configure({ work }, modelUrl) {
    const scripted = { npm: '@ai-sdk/openai-compatible', options: { baseURL: `${modelUrl}/v1`, apiKey: 'scripted-model' }, models: { scripted: {} } }
    const model = { model: 'scripted/scripted', small_model: 'scripted/scripted' }
    const settings = { provider: { scripted }, enabled_providers: ['scripted'], ...model, autoupdate: false, share: 'disabled' }
    writeFileSync(join(work, 'opencode.json'), JSON.stringify(settings, undefined, 2))
  },

  addHttp({ work }, url, token) {
    const path = join(work, 'opencode.json')
    const muster = { type: 'remote', url, headers: { Authorization: `Bearer ${token}` }, oauth: false }
    writeFileSync(path, JSON.stringify({ ...JSON.parse(readFileSync(path, 'utf8')), mcp: { muster } }))
  },

  env: () => ({ OPENCODE_DISABLE_AUTOUPDATE: '1', OPENCODE_DISABLE_MODELS_FETCH: '1' }),

  turn: (prompt, resume) => ['run', '--format', 'json', ...(resume ? ['-s', resume] : []), prompt],

  read(stdout) {
    const events = stdout.split('\n').flatMap((line) => (line.startsWith('{') ? [JSON.parse(line) as OpenCodeEvent] : []))
    const session = events[0]?.sessionID
    const said = events.findLast(({ type }) => type === 'text')?.part.text
    if (session === undefined || said === undefined) throw new Error(`No answer in ${stdout}`)
    return { said, session }
  },

  interactive: (resume) => (resume ? ['-s', resume] : []),
  ready: /Ask anything/,
}

interface OpenCodeEvent {
  readonly type: string
  readonly sessionID: string
  readonly part: { readonly text?: string }
}
