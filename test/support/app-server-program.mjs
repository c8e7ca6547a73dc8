// Answers as `codex app-server` 0.169.0 does, in the order and the form in which it was seen to. What the words of a turn hold decides what it comes to:
// "hold" waits to be steered, "asks" asks for every permission there is and ends once all are refused, "dies" ends the program, "ends first" lets the turn
// end in one write with the reply, "is refused" is no turn. It writes what its model would be sent into the file of the thread, as the real one does.
import { appendFileSync, existsSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'

const folder = process.env.SCRIPTED_THREADS
const pathOf = (id) => join(folder, `${id}.jsonl`)
const say = (...messages) => process.stdout.write(messages.map((message) => `${JSON.stringify(message)}\n`).join(''))
const fail = (id, message) => say({ id, error: { code: -32600, message } })
const ASKS = [
  ['item/commandExecution/requestApproval', { kind: 'command', command: 'rm -rf /' }],
  ['item/fileChange/requestApproval', { reason: 'to write' }],
  ['item/permissions/requestApproval', { reason: 'to reach the network' }],
  ['item/tool/requestUserInput', { questions: [] }],
  ['mcpServer/elicitation/request', { message: 'May I?', serverName: 'x', mode: 'form' }],
  ['item/somethingNew/requestApproval', {}],
]
let turns = 0
let running
const open = new Map()

/** The MCP servers of a thread start once it is open, in their own time. */
function opened(id, threadId, cwd) {
  const server = (name, status, error = null) => ({ method: 'mcpServer/startupStatus/updated', params: { threadId, name, status, error } })
  const settled = process.env.SCRIPTED_TOOLS === 'failed' ? ['failed', 'no such file'] : ['ready']
  say(server('muster', 'starting'), {
    id,
    result: { thread: { id: threadId, sessionId: threadId, path: pathOf(threadId), cwd, status: { type: 'idle' }, turns: [] } },
  })
  setTimeout(() => say(server('another', ...settled), server('muster', ...settled)), 50)
}

const wordsOf = ({ input, additionalContext = {} }) =>
  [...input.map(({ text }) => text), ...Object.values(additionalContext).map(({ value }) => value)].join('\n')

function write({ threadId, input, additionalContext = {} }) {
  const mail = Object.keys(additionalContext)
    .sort()
    .map((key) => ({ type: 'function_call_output', output: additionalContext[key].value }))
  const lines = [...mail, ...input.map(({ text }) => ({ type: 'message', role: 'user', text }))].map((line) => `${JSON.stringify(line)}\n`)
  appendFileSync(pathOf(threadId), lines.join(''))
  say({ method: 'item/completed', params: { threadId, turnId: running.id, item: { type: 'userMessage', id: 'item', content: input } } })
}

function end(threadId, status = 'completed') {
  const turn = { ...running, status }
  running = undefined
  return [
    { method: 'item/completed', params: { threadId, turnId: turn.id, item: { type: 'agentMessage', id: 'said', text: `Read in ${turn.id}.` } } },
    { method: 'turn/completed', params: { threadId, turn } },
  ]
}

const answers = {
  initialize: (id) => say({ id, result: { userAgent: 'codex/0.169.0' } }),
  initialized: () => process.stdout.write('A warning that is no message.\n\n'),
  'thread/start': (id, { cwd }) => opened(id, `thread-${process.pid}`, cwd),
  'thread/resume': (id, { threadId, cwd }) =>
    existsSync(pathOf(threadId)) ? opened(id, threadId, cwd) : fail(id, `no rollout found for thread id ${threadId}`),
  'thread/list': (id) => say({ id, result: { data: readdirSync(folder).map((name) => ({ id: name.replace('.jsonl', '') })) } }),
  'turn/start'(id, params) {
    const { threadId } = params
    const text = wordsOf(params)
    if (text.includes('dies')) process.exit(3)
    if (text.includes('is refused')) return fail(id, 'no such model')
    turns += 1
    running = { id: `turn-${turns}`, items: [], itemsView: 'notLoaded', status: 'inProgress', error: null }
    const begun = [
      { id, result: { turn: running } },
      { method: 'turn/started', params: { threadId, turn: running } },
    ]
    if (text.includes('ends first')) return say(...begun, ...end(threadId))
    say(...begun)
    write(params)
    if (text.includes('asks')) for (const [method, more] of ASKS) ask(threadId, method, more)
    else if (!text.includes('hold')) say(...end(threadId))
  },
  'turn/steer'(id, params) {
    const text = wordsOf(params)
    if (params.expectedTurnId !== running?.id) return fail(id, 'no active turn to steer')
    if (text.includes('too late')) return say({ id, error: { code: -32600, message: 'no active turn to steer' } }, ...end(params.threadId))
    say({ id, result: { turnId: running.id } })
    write(params)
    if (!text.includes('hold')) say(...end(params.threadId))
  },
  'turn/interrupt'(id, { threadId }) {
    say({ id, result: {} }, ...end(threadId, 'interrupted'))
  },
}

function ask(threadId, method, params) {
  open.set(`ask-${open.size}`, method)
  say({ id: `ask-${open.size - 1}`, method, params: { threadId, turnId: running.id, itemId: 'item', ...params } })
}

/** What each question was answered, for the tests. */
const answered = {}
function onAnswer({ id, result, error }) {
  answered[open.get(id)] = result ?? { error }
  if (Object.keys(answered).length < ASKS.length) return
  writeFileSync(join(folder, 'answered.json'), JSON.stringify(answered))
  say(...end(`thread-${process.pid}`))
}

if (process.env.SCRIPTED_DEAF) setInterval(() => undefined, 1_000)
createInterface({ input: process.stdin }).on('line', (line) => {
  const message = JSON.parse(line)
  if (process.env.SCRIPTED_HEARD) appendFileSync(process.env.SCRIPTED_HEARD, `${line}\n`)
  if (message.method === undefined) onAnswer(message)
  else if (answers[message.method]) answers[message.method](message.id, message.params)
  else fail(message.id, `unknown ${message.method}`)
})
