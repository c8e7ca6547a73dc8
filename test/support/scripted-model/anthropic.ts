import { conversationOf, type Entry } from './conversation.ts'
import type { Answer } from './script.ts'
import { events, type Json, json, list, readable, text, type Wire } from './wire.ts'

const USAGE = { input_tokens: 10, cache_creation_input_tokens: 0, cache_read_input_tokens: 0, output_tokens: 5 }

/** Anthropic's Messages API: Claude Code. */
export const anthropic: Wire = {
  name: 'anthropic',
  serves: (path) => path === '/v1/messages',

  read(body) {
    const system: Entry = { by: 'other', text: readable(body['system']) }
    const messages = list(body['messages']).map(
      (message): Entry => (message['role'] === 'assistant' ? { by: 'model' } : { by: 'other', text: readable(message['content']) }),
    )
    return conversationOf(
      [system, ...messages],
      list(body['tools']).map((tool) => ({ name: text(tool['name']) })),
    )
  },

  write(answer, number, { body }) {
    const block = blockOf(answer, number)
    const reason = answer.kind === 'call' ? 'tool_use' : 'end_turn'
    const message = { id: `msg_scripted_${number}`, type: 'message', role: 'assistant', model: text(body['model']), stop_sequence: null, usage: USAGE }
    if (body['stream'] !== true) return json({ ...message, content: [block], stop_reason: reason })
    const { empty, delta } = streamed(answer, block)
    return events([
      { type: 'message_start', message: { ...message, content: [], stop_reason: null } },
      { type: 'content_block_start', index: 0, content_block: empty },
      { type: 'content_block_delta', index: 0, delta },
      { type: 'content_block_stop', index: 0 },
      { type: 'message_delta', delta: { stop_reason: reason, stop_sequence: null }, usage: USAGE },
      { type: 'message_stop' },
    ])
  },

  writeError: (status, message) => ({ type: 'error', error: { type: status === 529 ? 'overloaded_error' : 'invalid_request_error', message } }),
}

type Spoken = Exclude<Answer, { kind: 'error' }>

function blockOf(answer: Spoken, number: number): Json {
  if (answer.kind === 'say') return { type: 'text', text: answer.text }
  return { type: 'tool_use', id: `toolu_scripted_${number}`, name: answer.tool.name, input: answer.input }
}

function streamed(answer: Spoken, block: Json): { readonly empty: Json; readonly delta: Json } {
  if (answer.kind === 'say') return { empty: { type: 'text', text: '' }, delta: { type: 'text_delta', text: answer.text } }
  return { empty: { ...block, input: {} }, delta: { type: 'input_json_delta', partial_json: JSON.stringify(answer.input) } }
}
