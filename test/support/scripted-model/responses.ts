import { conversationOf, type Entry, type OfferedTool } from './conversation.ts'
import type { Answer } from './script.ts'
import { events, type Json, list, readable, text, type Wire } from './wire.ts'

const USAGE = {
  input_tokens: 10,
  input_tokens_details: { cached_tokens: 0 },
  output_tokens: 5,
  output_tokens_details: { reasoning_tokens: 0 },
  total_tokens: 15,
}
const OF_THE_MODEL = ['function_call', 'custom_tool_call', 'local_shell_call', 'reasoning']

/** OpenAI's Responses API: Codex. */
export const responses: Wire = {
  name: 'responses',
  serves: (path) => path.endsWith('/responses'),

  read(body) {
    const instructions: Entry = { by: 'other', text: text(body['instructions']) }
    return conversationOf([instructions, ...list(body['input']).map(entryOf)], list(body['tools']).flatMap(toolsOf))
  },

  write(answer, number) {
    const item = itemOf(answer, number)
    const response = { id: `resp_scripted_${number}`, object: 'response', status: 'in_progress', output: [] as Json[] }
    return events([
      { type: 'response.created', response },
      { type: 'response.output_item.added', output_index: 0, item },
      ...(answer.kind === 'say' ? [{ type: 'response.output_text.delta', item_id: item['id'], output_index: 0, content_index: 0, delta: answer.text }] : []),
      { type: 'response.output_item.done', output_index: 0, item },
      { type: 'response.completed', response: { ...response, status: 'completed', output: [item], usage: USAGE } },
    ])
  },

  writeError: (status, message) => ({ error: { type: 'invalid_request_error', code: `scripted_${status}`, message } }),
}

function entryOf(item: Json): Entry {
  const type = text(item['type'])
  if (OF_THE_MODEL.includes(type) || item['role'] === 'assistant') return { by: 'model' }
  return { by: 'other', text: readable(item['content'] ?? item['output']) }
}

function toolsOf(tool: Json): readonly OfferedTool[] {
  const name = text(tool['name'])
  if (tool['type'] === 'namespace') return list(tool['tools']).map((member) => ({ name: text(member['name']), namespace: name }))
  return [{ name: name || text(tool['type']) }]
}

function itemOf(answer: Exclude<Answer, { kind: 'error' }>, number: number): Json {
  if (answer.kind === 'say') {
    return {
      type: 'message',
      id: `msg_scripted_${number}`,
      role: 'assistant',
      status: 'completed',
      content: [{ type: 'output_text', text: answer.text, annotations: [] }],
    }
  }
  const { tool, input } = answer
  const namespace = tool.namespace === undefined ? {} : { namespace: tool.namespace }
  const call = { type: 'function_call', id: `fc_scripted_${number}`, call_id: `call_scripted_${number}`, status: 'completed' }
  return { ...call, name: tool.name, ...namespace, arguments: JSON.stringify(input) }
}
