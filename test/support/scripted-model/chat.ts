import { conversationOf, type Entry } from './conversation.ts'
import { events, type Json, json, list, readable, record, text, type Wire } from './wire.ts'

const USAGE = { prompt_tokens: 10, completion_tokens: 5, total_tokens: 15 }

/** OpenAI's Chat Completions: OpenCode. */
export const chat: Wire = {
  name: 'chat',
  serves: (path) => path.endsWith('/chat/completions'),

  read(body) {
    const entries = list(body['messages']).map(
      (message): Entry => (message['role'] === 'assistant' ? { by: 'model' } : { by: 'other', text: readable(message['content']) }),
    )
    return conversationOf(
      entries,
      list(body['tools']).map((tool) => ({ name: text(record(tool['function'])['name']) })),
    )
  },

  write(answer, number, { body }) {
    const head = { id: `chatcmpl-scripted-${number}`, created: 0, model: text(body['model']) }
    const finish = answer.kind === 'call' ? 'tool_calls' : 'stop'
    const message: Json =
      answer.kind === 'say'
        ? { role: 'assistant', content: answer.text }
        : {
            role: 'assistant',
            content: null,
            tool_calls: [
              {
                index: 0,
                id: `call_scripted_${number}`,
                type: 'function',
                function: { name: answer.tool.name, arguments: JSON.stringify(answer.input) },
              },
            ],
          }
    if (body['stream'] !== true) {
      return json({ ...head, object: 'chat.completion', choices: [{ index: 0, message, finish_reason: finish }], usage: USAGE })
    }
    const chunk = (fields: Json): Json => ({ ...head, object: 'chat.completion.chunk', ...fields })
    return events(
      [
        chunk({ choices: [{ index: 0, delta: message, finish_reason: null }] }),
        chunk({ choices: [{ index: 0, delta: {}, finish_reason: finish }] }),
        chunk({ choices: [], usage: USAGE }),
      ],
      'data: [DONE]\n\n',
    )
  },

  writeError: (status, message) => ({ error: { type: 'invalid_request_error', code: `scripted_${status}`, message } }),
}
