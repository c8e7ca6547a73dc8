import * as z from 'zod'
import { NOTIFICATIONS, OPERATION_NAMES, OPERATIONS } from './index.ts'

/** The contract as texts of which its revision is the hash: what changes which frames are accepted or sent changes one of them. */
export function* contractParts(): Generator<string> {
  for (const name of OPERATION_NAMES) {
    const { kind, access, input, output } = OPERATIONS[name]
    yield JSON.stringify([name, kind, access, shape(input, 'input'), shape(output, 'output')])
  }
  for (const [name, params] of Object.entries(NOTIFICATIONS)) yield JSON.stringify([name, shape(params, 'output')])
}

function shape(schema: z.ZodType, io: 'input' | 'output'): unknown {
  return z.toJSONSchema(schema, { io, unrepresentable: 'any' })
}
