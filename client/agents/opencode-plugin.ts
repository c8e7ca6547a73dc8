/**
 * The plugin that makes an OpenCode session a peer of Muster. `muster install opencode` copies it as it is, so it imports nothing
 * but Node's own modules. It turns the moments of a session into calls of `muster hook opencode <event>`, and what they answer
 * into text for the model; `muster wait` in the background wakes the session when it is idle.
 */
import { spawn } from 'node:child_process'

/** How Muster is called. `muster install` replaces this line where `muster` on the PATH is not enough. */
const MUSTER: readonly string[] = ['muster']

interface TextPart {
  readonly id?: string
  readonly sessionID?: string
  readonly messageID?: string
  readonly type: string
  readonly text?: string
  readonly synthetic?: boolean
}

/** What is used here of what OpenCode (1.18) gives to a plugin and takes from it. */
interface PluginInput {
  readonly directory: string
  readonly client: {
    readonly session: {
      readonly promptAsync: (options: { readonly path: { readonly id: string }; readonly body: { readonly parts: readonly TextPart[] } }) => Promise<unknown>
    }
  }
}
interface Part {
  readonly text?: string
  readonly state?: { readonly output?: string }
}
interface PluginEvent {
  readonly type: string
  readonly properties: {
    readonly sessionID?: string
    readonly info?: { readonly id?: string; readonly parentID?: string }
    readonly error?: { readonly name?: string }
    readonly part?: Part
  }
}
interface ToolOutput {
  /** Of tools of MCP servers. */
  readonly content?: TextPart[]
  /** Of OpenCode's own tools. */
  output?: string
}
interface Hooks {
  readonly event: (input: { readonly event: PluginEvent }) => Promise<void>
  readonly 'chat.message': (
    input: { readonly sessionID: string },
    output: { readonly message: { readonly id: string }; readonly parts: TextPart[] },
  ) => Promise<void>
  readonly 'tool.execute.after': (input: { readonly sessionID: string }, output: ToolOutput) => Promise<void>
}

/** What `muster wait` ends with when the session is to be woken. */
const WOKEN = 2
const MAX_SEEN = 200
const GRACE_MS = 60_000
const ASKS_PERMISSION = /^permission\.(asked|updated)$/
const MESSAGE_ID = /\bmsg_[0-9a-hjkmnp-tv-z]{7,17}\b/g

export const MusterPlugin = async ({ client, directory }: PluginInput): Promise<Hooks> => {
  /** The session that a person is in; those of subagents have no peer of their own. */
  let current: string | undefined
  let isContinued = false
  let isWaiting = false
  /** When a person interrupted the turn, if nothing was said since. */
  let interruptedAt: number | undefined
  let hooks: Promise<unknown> = Promise.resolve()
  const subagents = new Set<string>()
  /** Ids of messages on their way to the model, in the order in which they were seen. */
  const seen = new Set<string>()

  /** One after the other: each tells the daemon where the session stands. Resolves to the mail, if there is any. */
  const hook = (event: string, input: object): Promise<string> => {
    const call = async (): Promise<string> => {
      const told = { session_id: current, cwd: directory, seen: [...seen].slice(-MAX_SEEN), ...input }
      const { stdout } = await run(['hook', 'opencode', event], JSON.stringify(told))
      if (event === 'stop') seen.clear()
      return textOf(stdout)
    }
    const result = hooks.then(call, call)
    hooks = result
    return result
  }

  const deliver = async (text: string): Promise<void> => {
    if (current === undefined || text === '') return
    await client.session.promptAsync({ path: { id: current }, body: { parts: [{ type: 'text', text }] } })
  }

  /** Waits in the background for as long as OpenCode runs; once more after each wake. */
  const wait = async (): Promise<void> => {
    if (isWaiting) return
    isWaiting = true
    for (let isWoken = true; isWoken; ) {
      const { exit, stderr } = await run(['wait', '--runtime', 'opencode'], '{}')
      isWoken = exit === WOKEN
      if (isWoken) await deliver(stderr.trim()).catch(() => undefined)
    }
    isWaiting = false
  }

  /** A person who interrupts mostly has something to say: until then no mail begins another turn. */
  const leaveAlone = (since: number): void => {
    const tell = (): void => {
      if (interruptedAt === since) void hook('idle', {})
    }
    setTimeout(tell, GRACE_MS).unref()
  }

  const endTurn = async (): Promise<void> => {
    if (interruptedAt !== undefined) return leaveAlone(interruptedAt)
    const text = await hook('stop', { stop_hook_active: isContinued })
    isContinued = text !== ''
    await deliver(text)
  }

  /** What the parts of a message show: our own text on its way to the model, and the results of tools. */
  const noteShown = ({ text = '', state }: Part): void => {
    for (const [id] of `${text} ${state?.output ?? ''}`.matchAll(MESSAGE_ID)) seen.add(id)
  }

  return {
    async event({ event: { type, properties } }) {
      const { sessionID, info, part, error } = properties
      if (info?.id !== undefined && info.parentID !== undefined) subagents.add(info.id)
      if (part) noteShown(part)
      if (sessionID === undefined || sessionID !== current) return
      if (type === 'session.error' && error?.name === 'MessageAbortedError') interruptedAt = Date.now()
      else if (ASKS_PERMISSION.test(type)) await hook('permission', {})
      else if (type === 'session.idle') await endTurn()
    },

    async 'chat.message'({ sessionID }, { message, parts }) {
      if (subagents.has(sessionID)) return
      const isFirst = current === undefined
      current = sessionID
      interruptedAt = undefined
      const prompt = parts.map(({ text = '' }) => text).join('\n')
      const mail = [isFirst ? await hook('start', {}) : '', await hook('prompt', { prompt })].filter((text) => text !== '').join('\n\n')
      if (mail !== '') parts.push({ id: partId(), sessionID, messageID: message.id, type: 'text', text: mail, synthetic: true })
      void wait()
    },

    async 'tool.execute.after'({ sessionID }, output) {
      if (sessionID !== current) return
      const text = await hook('tool', {})
      if (text === '') return
      if (output.content) output.content.push({ type: 'text', text })
      else output.output = `${output.output ?? ''}\n\n${text}`
    },
  }
}

interface Ended {
  readonly exit: number | null
  readonly stdout: string
  readonly stderr: string
}

/** Runs Muster. What goes wrong is as good as no answer: the session goes on. */
function run(args: readonly string[], stdin: string): Promise<Ended> {
  const [program = 'muster', ...first] = MUSTER
  const written = { stdout: '', stderr: '' }
  return new Promise((resolve) => {
    const child = spawn(program, [...first, ...args], { stdio: ['pipe', 'pipe', 'pipe'] })
    const end = (exit: number | null): void => resolve({ exit, ...written })
    for (const name of ['stdout', 'stderr'] as const) {
      child[name].setEncoding('utf8').on('data', (text: string) => {
        written[name] += text
      })
    }
    child.on('error', () => end(null))
    child.on('close', end)
    child.stdin.on('error', () => undefined)
    child.stdin.end(stdin)
  })
}

function textOf(stdout: string): string {
  try {
    const { text } = JSON.parse(stdout) as { readonly text?: unknown }
    return typeof text === 'string' ? text : ''
  } catch {
    return ''
  }
}

/** Ids of parts begin with `prt_` and sort by time. */
function partId(): string {
  return `prt_${Date.now().toString(16).padStart(12, '0')}${Math.random().toString(36).slice(2, 12).padEnd(10, '0')}`
}
