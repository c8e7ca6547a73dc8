// Writes the generated parts of docs/protocol.md from the contract, and those of docs/cli.md from the commands: `--write`. Without it,
// only says whether they are up to date.
import { readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { refreshCommands } from './command-line/reference.ts'
import { refreshDocument, renderReference } from './contract/reference.ts'
import { snapshotContract } from './contract/snapshot.ts'

const PAGES = {
  'docs/protocol.md': async (page: string) => refreshDocument(page, renderReference(snapshotContract())),
  'docs/cli.md': refreshCommands,
}

for (const [path, refresh] of Object.entries(PAGES)) {
  const file = fileURLToPath(new URL(`../${path}`, import.meta.url))
  const page = readFileSync(file, 'utf8')
  const fresh = await refresh(page)
  if (fresh === page) console.error(`${path} is up to date.`)
  else if (process.argv.includes('--write')) {
    writeFileSync(file, fresh)
    console.error(`${path} is written.`)
  } else {
    console.error(`${path} is out of date. Refresh it with: npx tsx scripts/protocol.ts --write`)
    process.exitCode = 1
  }
}
