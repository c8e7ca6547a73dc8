import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import type { Health } from './target.ts'

const ANSWER_WITHIN_MS = 30_000
const GONE_WITHIN_MS = 5_000
/** What the bridge is asked in; any revision that it knows would do. */
const PROTOCOL_VERSION = '2025-06-18'

/** Starts the bridge as a runtime would, lists its tools, and lets it end. */
export async function probeBridge(argv: readonly string[], env: Readonly<Record<string, string | undefined>>, cwd: string): Promise<Health> {
  const [program = '', ...args] = argv
  const child = spawn(program, args, { env, cwd, stdio: 'pipe' })
  const ended = new Promise<void>((resolve) => child.once('close', () => resolve()))
  try {
    const tools = await Promise.race([listTools(child).catch((error: unknown) => `does not speak MCP: ${error}`), failure(child), silence()])
    return typeof tools === 'number' ? { ok: tools > 0, said: `the bridge offers ${tools} tools` } : { ok: false, said: `the bridge ${tools}` }
  } finally {
    // It ends with its input; one that does not is ended.
    child.stdin.end()
    const timer = setTimeout(() => child.kill('SIGKILL'), GONE_WITHIN_MS)
    await ended
    clearTimeout(timer)
  }
}

async function listTools(child: ChildProcessWithoutNullStreams): Promise<number> {
  const send = (message: object): void => void child.stdin.write(`${JSON.stringify({ jsonrpc: '2.0', ...message })}\n`)
  // A program that has gone already; `failure` tells.
  child.stdin.on('error', () => undefined)
  send({ id: 1, method: 'initialize', params: { protocolVersion: PROTOCOL_VERSION, capabilities: {}, clientInfo: { name: 'muster-install', version: '1' } } })
  for await (const line of createInterface({ input: child.stdout })) {
    const { id, result } = JSON.parse(line) as { readonly id?: number; readonly result?: { readonly tools?: readonly unknown[] } }
    if (id === 1) {
      send({ method: 'notifications/initialized' })
      send({ id: 2, method: 'tools/list' })
    }
    if (id === 2) return result?.tools?.length ?? 0
  }
  return await new Promise(() => undefined)
}

function failure(child: ChildProcessWithoutNullStreams): Promise<string> {
  let stderr = ''
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr = (stderr + text).slice(-1_000)
  })
  return new Promise((resolve) => {
    child.once('error', (error) => resolve(`does not start: ${error.message}`))
    child.once('close', (code) => resolve(`ended with status ${code}: ${stderr.trim()}`))
  })
}

function silence(): Promise<string> {
  return new Promise((resolve) => setTimeout(() => resolve(`did not answer within ${ANSWER_WITHIN_MS / 1_000} s`), ANSWER_WITHIN_MS).unref())
}
