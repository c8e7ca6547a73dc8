import { createHash } from 'node:crypto'
import * as z from 'zod'
import { NOTIFICATIONS, OPERATION_NAMES, OPERATIONS } from '../../src/contract/index.ts'

let known: string | undefined

/** Names the contract: equal revisions accept and send the same frames. Worked out once, at the first hello, since a start does not need it. */
export function contractRevision(): string {
  known ??= hashContract()
  return known
}

function hashContract(): string {
  const hash = createHash('sha256')
  for (const name of OPERATION_NAMES) {
    const { kind, access, input, output } = OPERATIONS[name]
    hash.update(JSON.stringify([name, kind, access, shape(input, 'input'), shape(output, 'output')]))
  }
  for (const [name, params] of Object.entries(NOTIFICATIONS)) hash.update(JSON.stringify([name, shape(params, 'output')]))
  return hash.digest('hex').slice(0, 12)
}

function shape(schema: z.ZodType, io: 'input' | 'output'): unknown {
  return z.toJSONSchema(schema, { io, unrepresentable: 'any' })
}
