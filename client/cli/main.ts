#!/usr/bin/env node
import { processEnvironment } from './environment.ts'
import { run } from './run.ts'

// `muster events | head`: the reader has gone, which is no failure of ours.
for (const stream of [process.stdout, process.stderr]) {
  stream.on('error', (error: NodeJS.ErrnoException) => {
    process.exit(error.code === 'EPIPE' ? 0 : 1)
  })
}

// Not process.exit(): what was written to a pipe must get out first.
process.exitCode = await run(process.argv.slice(2), processEnvironment())
