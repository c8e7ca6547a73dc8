import { createHash } from 'node:crypto'
import { readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import * as z from 'zod'
import { NOTIFICATIONS, OPERATION_NAMES, OPERATIONS } from '../../src/contract/index.ts'

const FILE = fileURLToPath(new URL('../../src/contract/revision.ts', import.meta.url))

/** The contract as texts: what changes which frames are accepted or sent changes one of them. */
function* parts(): Generator<string> {
  for (const name of OPERATION_NAMES) {
    const { kind, access, input, output } = OPERATIONS[name]
    yield JSON.stringify([name, kind, access, shape(input, 'input'), shape(output, 'output')])
  }
  for (const [name, params] of Object.entries(NOTIFICATIONS)) yield JSON.stringify([name, shape(params, 'output')])
}

function shape(schema: z.ZodType, io: 'input' | 'output'): unknown {
  return z.toJSONSchema(schema, { io, unrepresentable: 'any' })
}

/** The source of `src/contract/revision.ts`, for the contract as the code declares it now. */
function revisionSource(): string {
  const hash = createHash('sha256')
  for (const part of parts()) hash.update(part)
  return [
    '/** Names the contract: equal revisions accept and send the same frames. Written by `npx tsx scripts/golden.ts --write`. */',
    `export const CONTRACT_REVISION = '${hash.digest('hex').slice(0, 12)}'`,
    '',
  ].join('\n')
}

export function isRevisionCurrent(): boolean {
  return readFileSync(FILE, 'utf8') === revisionSource()
}

export function writeRevision(): void {
  writeFileSync(FILE, revisionSource())
}
