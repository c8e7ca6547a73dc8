import { appendFileSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { trustHooks } from './codex-trust.ts'
import type { AgentKind } from './kind.ts'

export const codex: AgentKind = {
  name: 'codex',

  configure({ home, work }, modelUrl) {
    const folder = join(home, '.codex')
    mkdirSync(folder)
    writeFileSync(
      join(folder, 'config.toml'),
      `model = "scripted"
model_provider = "scripted"
check_for_update_on_startup = false

[model_providers.scripted]
name = "scripted"
base_url = "${modelUrl}/v1"
wire_api = "responses"
env_key = "SCRIPTED_KEY"
request_max_retries = 1

[projects."${work}"]
trust_level = "trusted"
`,
    )
  },

  addHttp({ home }, url, token) {
    const table = `\n[mcp_servers.muster]\nurl = "${url}"\nhttp_headers = { Authorization = "Bearer ${token}" }\nstartup_timeout_sec = 60\n`
    appendFileSync(join(home, '.codex', 'config.toml'), table)
  },

  async afterInstall(sandbox, program) {
    const states = await trustHooks(program, sandbox.work, { ...sandbox.env, ...this.env('') })
    appendFileSync(join(sandbox.home, '.codex', 'config.toml'), states)
  },

  env: () => ({ SCRIPTED_KEY: 'scripted-model' }),

  turn: (prompt, resume) => ['exec', ...(resume ? ['resume', resume] : []), '--json', '--skip-git-repo-check', prompt],

  read(stdout) {
    const events = stdout.split('\n').flatMap((line) => (line.startsWith('{') ? [JSON.parse(line) as CodexEvent] : []))
    const session = events.find(({ type }) => type === 'thread.started')?.thread_id
    const said = events.findLast(({ item }) => item?.type === 'agent_message')?.item?.text
    if (session === undefined || said === undefined) throw new Error(`No answer in ${stdout}`)
    return { said, session }
  },

  interactive: (resume) => (resume ? ['resume', resume] : []),
  ready: /› Ask Codex|context left|\? for shortcuts/,
}

interface CodexEvent {
  readonly type: string
  readonly thread_id?: string
  readonly item?: { readonly type: string; readonly text?: string }
}
