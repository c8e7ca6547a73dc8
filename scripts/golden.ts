// Compares the contract with its golden file and its revision. `--write` accepts what adds to it; `--breaking` accepts the rest too, with a new protocol version in mind.
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { compareContracts, formatChanges } from './contract/compare.ts'
import { isRevisionCurrent, writeRevision } from './contract/revision.ts'
import { type ContractSnapshot, snapshotContract } from './contract/snapshot.ts'

const GOLDEN = fileURLToPath(new URL('../test/golden/contract.json', import.meta.url))
const write = process.argv.includes('--write')
const acceptBreaking = process.argv.includes('--breaking')

const current = snapshotContract()
const changes = existsSync(GOLDEN) ? compareContracts(JSON.parse(readFileSync(GOLDEN, 'utf8')) as ContractSnapshot, current) : undefined

if (changes?.length === 0 && isRevisionCurrent()) {
  console.error('The golden file is up to date.')
} else {
  console.error(changes ? formatChanges(changes) || 'The revision is that of another contract.' : 'There is no golden file yet.')
  const breaking = changes?.some((change) => change.breaking) ?? false
  if (breaking && !acceptBreaking) {
    console.error('\nA change is breaking. Make it additive; or, before anyone relies on the contract, accept it with --write --breaking.')
    process.exitCode = 1
  } else if (write) {
    writeFileSync(GOLDEN, `${JSON.stringify(current, null, 2)}\n`)
    writeRevision()
    console.error('\nWritten.')
  } else {
    console.error('\nAccept what is additive with: npx tsx scripts/golden.ts --write')
    process.exitCode = 1
  }
}
