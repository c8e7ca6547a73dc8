import { expect } from 'vitest'
import { OPERATIONS, type OperationName } from '../../../src/contract/index.ts'
import { MusterError } from '../../../src/errors.ts'
import { EventReader } from '../support/event-source.ts'
import { HttpClient } from '../support/http-client.ts'
import { until } from '../support/mcp-client.ts'
import { Wire } from '../support/wire.ts'
import { undocumented } from './documented.ts'

type Fields = Readonly<Record<string, unknown>>
/** What an operation gave, or the code of its error. */
export interface Outcome {
  readonly value?: unknown
  readonly code?: string
}
export type DoorName = 'websocket' | 'http' | 'mcp'

/** Calls an operation through one door, and says what came of it. */
export type Call = (url: string, token: string | undefined, operation: OperationName, input: Fields) => Promise<Outcome>

export const CALLS: Readonly<Record<DoorName, Call>> = {
  websocket: async (url, token, operation, input) => {
    try {
      await using wire = await Wire.greet(url, token ?? '')
      return { value: await wire.say(operation, input) }
    } catch (error) {
      if (error instanceof MusterError) return { code: error.code }
      throw error
    }
  },

  http: async (url, token, operation, input) => {
    if (operation === 'events.subscribe') return subscribe(url, token)
    const { status, body } = await new HttpClient(url, token).say(operation, input)
    const isFile = OPERATIONS[operation].file === 'given' && status < 400
    if (!isFile) expect(undocumented(operation, status, body)).toEqual([])
    return status < 400 ? { value: body } : { code: (body as Failure).error.code }
  },

  mcp: async (url, token, operation, input) => {
    const { mcp } = OPERATIONS[operation].doors
    const [name, argument = ''] = (mcp as string).split(' ')
    const [key = '', value = ''] = argument.split(':')
    const args = argument === '' ? input : { ...input, [key]: JSON.parse(value) as unknown }
    const response = await fetch(`${url}/mcp?profile=full`, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        accept: 'application/json, text/event-stream',
        'mcp-protocol-version': '2025-11-25',
        ...(token !== undefined && { authorization: `Bearer ${token}` }),
      },
      body: JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'tools/call', params: { name, arguments: args } }),
    })
    const text = await response.text()
    if (!response.ok) return { code: (JSON.parse(text) as Failure).error.code }
    const message = JSON.parse(text.startsWith('{') ? text : (/^data: (.*)$/m.exec(text)?.[1] ?? '')) as { result: ToolResult }
    const said = message.result.content[0]?.text ?? ''
    return message.result.isError ? { code: said.split(':')[0] ?? '' } : { value: message.result.structuredContent }
  },
}

/** Over HTTP a subscription is the response: that it stays open is what it gives. */
async function subscribe(url: string, token: string | undefined): Promise<Outcome> {
  await using stream = await EventReader.open(url, '/v1/events/stream?types=thread', token ?? '')
  if (stream.response.statusCode !== 200) return { code: (JSON.parse(await stream.text()) as Failure).error.code }
  await until(() => stream.lastEventId !== '')
  return { value: { subscription: 'sub-1', cursor: stream.lastEventId } }
}

interface Failure {
  readonly error: { readonly code: string }
}

interface ToolResult {
  readonly isError?: boolean
  readonly content: readonly { readonly text: string }[]
  readonly structuredContent?: unknown
}
