/**
 * The fixed relay: the least that any server of this protocol must do. It parses and validates the same frames with zod and passes
 * them between connections, and stores nothing: no file, no mailbox, no event, no credential (a token is simply the peer's name).
 * It shares no code with the daemon and changes only with a reason in the commit, or the ratios in docs/performance.md mean nothing.
 * Like the daemon it hands all frames of one turn of the event loop to the socket together.
 */
import type { Duplex } from 'node:stream'
import { type WebSocket, WebSocketServer } from 'ws'
import * as z from 'zod'

const Id = z.string().regex(/^[a-z]{3,4}_[0-9a-hjkmnp-tv-z]{7,17}$/)
const Text = z.string().min(1).max(262_144)
const Key = z
  .string()
  .max(64)
  .regex(/^[\x21-\x7e]+$/)
const Frame = z.strictObject({ jsonrpc: z.literal('2.0'), id: z.union([z.int(), z.string().min(1).max(64)]), method: z.string(), params: z.unknown() })
const Hello = z.strictObject({ protocol: z.literal(1), client: z.string().max(100), consume: z.boolean(), prefetch: z.int().min(1).max(1_024) })
const Ask = z.strictObject({
  to: z.string().regex(/^[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?$/),
  body: Text,
  deadline: z.string().optional(),
  priority: z.enum(['urgent', 'normal', 'low']).default('normal'),
  causedBy: Id.nullable().optional(),
  key: Key.optional(),
})
const Answer = z.strictObject({ thread: Id, delivery: Id.optional(), body: Text, key: Key.optional() })
const Ack = z.strictObject({ deliveries: z.array(Id).min(1).max(1_000) })

interface Client {
  readonly socket: WebSocket
  readonly stream: Duplex
  readonly ref: { readonly id: string; readonly name: string; readonly circle: 'main' }
}
const clients = new Map<string, Client>()
/** Who opened a thread: routing, dropped with the answer. */
const askers = new Map<string, { readonly from: Client; readonly thread: object }>()
const corked = new Set<Duplex>()
let made = 0

const id = (prefix: string) => `${prefix}_k7qm2x${(++made).toString(8)}`
const now = () => new Date().toISOString()

function send(to: Client, frame: object): void {
  if (corked.size === 0) setImmediate(uncork)
  if (!corked.has(to.stream)) {
    corked.add(to.stream)
    to.stream.cork()
  }
  to.socket.send(JSON.stringify({ jsonrpc: '2.0', ...frame }))
}

function uncork(): void {
  for (const stream of corked) stream.uncork()
  corked.clear()
}

function deliver(to: Client, thread: { id: string }, kind: 'ask' | 'answer', from: Client, body: string, state: string): { delivery: string; message: string } {
  const delivery = id('dlv')
  const message = { id: id('msg'), thread: thread.id, kind, from: from.ref, body, at: now(), late: false, hops: 0, causedBy: null, redacted: false }
  const head = { id: thread.id, kind: 'ask', state, priority: 'normal', deadlineAt: now() }
  send(to, { method: 'mailbox.deliver', params: { delivery, attempt: 1, redelivered: false, owed: false, thread: head, message } })
  return { delivery, message: message.id }
}

const METHODS: Record<string, (client: Client, params: unknown, reply: (result: object) => void) => void> = {
  hello: (client, params, reply) => reply({ protocol: Hello.parse(params).protocol, you: client.ref }),
  'threads.ask': (client, params, reply) => {
    const input = Ask.parse(params)
    const to = clients.get(input.to)
    if (!to) throw new Error(`There is no peer ${input.to}.`)
    const thread = { id: id('thr'), kind: 'ask', state: 'open', priority: input.priority, from: client.ref, to: to.ref, openedAt: now(), deadlineAt: now() }
    askers.set(thread.id, { from: client, thread })
    const sent = { thread: thread.id, message: id('msg'), delivery: id('dlv'), to: to.ref, state: 'offered', reach: 'push', deadlineAt: thread.deadlineAt }
    reply({ sent: [sent], refused: [] })
    deliver(to, thread, 'ask', client, input.body, 'open')
  },
  'threads.answer': (client, params, reply) => {
    const input = Answer.parse(params)
    const open = askers.get(input.thread)
    if (!open) throw new Error(`There is no open thread ${input.thread}.`)
    askers.delete(input.thread)
    reply({ thread: { ...open.thread, state: 'answered', closedAt: now(), closedBy: client.ref, reason: null }, message: id('msg'), late: false })
    deliver(open.from, { id: input.thread }, 'answer', client, input.body, 'answered')
  },
  'mailbox.ack': (_client, params, reply) => reply({ acked: Ack.parse(params).deliveries.length }),
}

function receive(client: Client, text: string): void {
  try {
    const frame = Frame.parse(JSON.parse(text))
    const method = METHODS[frame.method]
    if (!method) throw new Error(`There is no operation ${frame.method}.`)
    method(client, frame.params, (result) => send(client, { id: frame.id, result }))
  } catch (error) {
    send(client, { id: null, error: { code: -32602, message: String(error) } })
  }
}

const server = new WebSocketServer({ host: '127.0.0.1', port: 0, path: '/v1/ws', perMessageDeflate: false, maxPayload: 1_048_576 })
server.on('connection', (socket, request) => {
  const name = (request.headers.authorization ?? '').replace(/^Bearer /, '')
  const client: Client = { socket, stream: request.socket, ref: { id: id('peer'), name, circle: 'main' } }
  clients.set(name, client)
  socket.on('message', (data) => receive(client, String(data)))
})
server.on('listening', () => {
  const address = server.address()
  if (typeof address === 'object' && address) process.stdout.write(`${JSON.stringify({ ready: true, url: `ws://127.0.0.1:${address.port}/v1/ws` })}\n`)
})
