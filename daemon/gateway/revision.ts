import { createHash } from 'node:crypto'
import { contractParts } from '../../src/contract/parts.ts'

let known: string | undefined

/** Names the contract: equal revisions accept and send the same frames. Worked out once, at the first hello, since a start does not need it. */
export function contractRevision(): string {
  known ??= hashContract()
  return known
}

function hashContract(): string {
  const hash = createHash('sha256')
  for (const part of contractParts()) hash.update(part)
  return hash.digest('hex').slice(0, 12)
}
