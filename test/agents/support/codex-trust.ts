import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'

/**
 * What Codex would write into its config.toml if a person answered "Trust all and continue" to "Hooks need review". Codex itself tells the hashes.
 */
export async function trustHooks(program: string, cwd: string, env: Readonly<Record<string, string>>): Promise<string> {
  const hooks = await listHooks(program, cwd, env)
  if (hooks.length === 0) throw new Error('Codex sees no hooks')
  return `\n${hooks.map(({ key, currentHash }) => `[hooks.state."${key}"]\ntrusted_hash = "${currentHash}"\n`).join('\n')}`
}

interface CodexHook {
  readonly key: string
  readonly currentHash: string
}

async function listHooks(program: string, cwd: string, env: Readonly<Record<string, string>>): Promise<readonly CodexHook[]> {
  const child = spawn(program, ['app-server'], { cwd, env, stdio: ['pipe', 'pipe', 'ignore'] })
  const say = (message: object) => child.stdin.write(`${JSON.stringify(message)}\n`)
  say({ id: 1, method: 'initialize', params: { clientInfo: { name: 'muster-tests', version: '1' }, capabilities: { experimentalApi: true } } })
  say({ method: 'initialized' })
  say({ id: 2, method: 'hooks/list', params: { cwds: [cwd] } })
  try {
    for await (const line of createInterface({ input: child.stdout })) {
      const { id, result } = JSON.parse(line) as {
        readonly id?: number
        readonly result?: { readonly data: readonly { readonly hooks: readonly CodexHook[] }[] }
      }
      if (id === 2) return result?.data.flatMap(({ hooks }) => hooks) ?? []
    }
    throw new Error('Codex ended before it listed its hooks')
  } finally {
    child.kill()
  }
}
