import { conversationOf, type Entry } from './conversation.ts'
import { events, type Json, json, list, record, text, type Wire } from './wire.ts'

const USAGE = { promptTokenCount: 10, candidatesTokenCount: 5, totalTokenCount: 15 }

/** Google's generateContent, streamed or not: Gemini CLI. */
export const gemini: Wire = {
  name: 'gemini',
  serves: (path) => /\/models\/[^/]+:(streamGenerateContent|generateContent)$/.test(path),

  read(body) {
    const system: Entry = { by: 'other', text: partsOf(body['systemInstruction']) }
    const contents = list(body['contents']).map((content): Entry => (content['role'] === 'model' ? { by: 'model' } : { by: 'other', text: partsOf(content) }))
    const declared = list(body['tools']).flatMap((tool) => list(tool['functionDeclarations']))
    return conversationOf(
      [system, ...contents],
      declared.map((tool) => ({ name: text(tool['name']) })),
    )
  },

  write(answer, _number, { path }) {
    const part: Json = answer.kind === 'say' ? { text: answer.text } : { functionCall: { name: answer.tool.name, args: answer.input } }
    const frame = { candidates: [{ index: 0, content: { role: 'model', parts: [part] }, finishReason: 'STOP' }], usageMetadata: USAGE }
    return path.endsWith(':streamGenerateContent') ? events([frame]) : json(frame)
  },

  writeError: (status, message) => ({ error: { code: status, status: 'INVALID_ARGUMENT', message } }),
}

function partsOf(content: unknown): string {
  return list(record(content)['parts'])
    .map((part) => text(part['text']) || (part['functionResponse'] === undefined ? '' : JSON.stringify(record(part['functionResponse'])['response'])))
    .join('\n')
}
