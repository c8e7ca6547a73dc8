// Answers as `codex app-server` 0.169.0 does, in the order and the form in which it was seen to. A text with "dies" ends it; one with "ends first" lets the turn
// end in the same write as the reply; otherwise a turn asks for a permission and ends when it is steered, which works only once the permission was refused.
import { createInterface } from 'node:readline'

const say = (...messages) => process.stdout.write(messages.map((message) => `${JSON.stringify(message)}\n`).join(''))
let turns = 0
let running
let wasRefused = false

const answers = {
  initialize: (id) => say({ id, result: { userAgent: 'codex/0.169.0' } }),
  initialized: () => undefined,
  'thread/start': (id, { cwd, approvalPolicy }) => say({ id, result: { thread: { id: `thread-in-${cwd}-${approvalPolicy}` } } }),
  'turn/start'(id, { threadId, input }) {
    const [{ text }] = input
    if (text.includes('dies')) process.exit(1)
    turns += 1
    running = { id: `turn-${turns}`, items: [], status: 'inProgress', error: null }
    const begun = [
      { id, result: { turn: running } },
      { method: 'turn/started', params: { threadId, turn: running } },
    ]
    if (text.includes('ends first')) say(...begun, ended(threadId))
    else say(...begun, { id: 'ask-1', method: 'item/commandExecution/requestApproval', params: { threadId, command: 'rm -rf /' } })
  },
  'turn/steer'(id, { threadId, expectedTurnId, input }) {
    const isInTime = expectedTurnId === running?.id && wasRefused && !input[0].text.includes('too late')
    if (isInTime) say({ id, result: { turnId: running.id } }, ended(threadId))
    else say({ id, error: { code: -32600, message: 'no active turn to steer' } })
  },
}

function ended(threadId) {
  const turn = { ...running, status: 'completed' }
  running = undefined
  return { method: 'turn/completed', params: { threadId, turn } }
}

createInterface({ input: process.stdin }).on('line', (line) => {
  const { id, method, params, error } = JSON.parse(line)
  if (method === undefined) wasRefused = id === 'ask-1' && error !== undefined
  else if (answers[method]) answers[method](id, params)
  else say({ id, error: { code: -32601, message: `unknown ${method}` } })
})
