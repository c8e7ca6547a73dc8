// Writes the generated parts of docs/protocol.md from the contract: `--write`. Without it, only says whether they are up to date.
import { readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { refreshDocument, renderReference } from './contract/reference.ts'
import { snapshotContract } from './contract/snapshot.ts'

const DOCUMENT = fileURLToPath(new URL('../docs/protocol.md', import.meta.url))
const document = readFileSync(DOCUMENT, 'utf8')
const fresh = refreshDocument(document, renderReference(snapshotContract()))

if (fresh === document) console.error('docs/protocol.md is up to date.')
else if (process.argv.includes('--write')) {
  writeFileSync(DOCUMENT, fresh)
  console.error('Written.')
} else {
  console.error('docs/protocol.md is out of date. Refresh it with: npx tsx scripts/protocol.ts --write')
  process.exitCode = 1
}
