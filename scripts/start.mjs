// `npm start`: installs what is missing, builds, starts the daemon and says what to do next. `npm start -- --demo` plays the demo instead,
// `npm start -- --demo orchestrator` that of an orchestrator's loop, `npm start -- --demo agents` that of two real agent programs, which must
// be installed (`npm run install:agents`).
import { install, must, requireNode } from './setup.mjs'

requireNode()
await install()
const { build } = await import('./build.mjs')
await build()
const args = process.argv.slice(2)
const demo = args.includes('--demo')
const withAgents = demo && args.includes('agents')
if (withAgents) await must(process.execPath, ['--import', 'tsx', 'scripts/demo-agents.ts'])
else if (demo) await must(process.execPath, ['dist/client/demo/main.js', ...args.filter((arg) => arg !== '--demo')])
else await must(process.execPath, ['dist/client/cli/main.js', 'up', ...args])
// Nothing was installed outside this folder, so the shell does not know the command by itself; standard output may be JSON.
if (!demo) console.error('In this folder the command is `npx muster`.')
