// `npm test`: installs what is missing, checks, builds and runs every test but those of real agent programs, which `npm run test:agents` runs (`--agents`).
// Other arguments go to vitest: `npm test -- --project unit`.
import { install, must, requireNode, run } from './setup.mjs'

requireNode()
await install()
const agents = process.argv[2] === '--agents'
const given = process.argv.slice(agents ? 3 : 2)
// The test of the README runs `npm test` too: there nothing is checked again, and the tests are found and listed, since running them would never end.
const listOnly = Boolean(process.env['MUSTER_TEST_LIST'])
if (!agents && !listOnly) await must('npm', ['run', '--silent', 'check'])
const { build } = await import('./build.mjs')
// What tests start as a process of its own is what this has built (MUSTER_TEST_BUILT).
await build()
const verb = listOnly ? ['list', '--filesOnly'] : ['run']
// One agent program at a time: several on two cores keep each other from starting in time.
const projects = agents ? ['--project', 'agents', '--no-file-parallelism'] : given.some((arg) => arg.startsWith('--project')) ? [] : ['--project', '!agents']
if (!agents) console.error('NOT PART OF THIS RUN: the tests that drive real agent programs (npm run test:agents).')
// The runner's own summary is the last thing printed; what was skipped is named right above it.
process.exitCode = await run(process.execPath, ['node_modules/vitest/vitest.mjs', ...verb, ...projects, ...given], { MUSTER_TEST_BUILT: '1' })
