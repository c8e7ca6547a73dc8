// `npm test`: installs what is missing, checks, builds and runs every test. Arguments go to vitest: `npm test -- --project unit`.
import { install, must, requireNode, run } from './setup.mjs'

requireNode()
await install()
await must('npm', ['run', '--silent', 'check'])
const { build } = await import('./build.mjs')
await build()
// The test of the README runs `npm test` too: there the tests are found and listed, since running them would never end.
const verb = process.env['MUSTER_TEST_LIST'] ? 'list' : 'run'
// The runner's own summary is the last thing printed; what was skipped is named right above it.
process.exitCode = await run(process.execPath, ['node_modules/vitest/vitest.mjs', verb, ...process.argv.slice(2)])
