import { join } from 'node:path'
import { PROFILES } from '../../../src/tools/tool.ts'
import { openDoor } from '../../agents/door.ts'
import type { RuntimeDriver } from '../../agents/driver.ts'
import { DRIVERS } from '../../agents/drivers.ts'
import { otherRuntime } from '../../agents/other.ts'
import { logLine, sessionsFolder } from '../../agents/session-files.ts'
import { lineageOf, lookAtProcess } from '../../local/process-tree.ts'
import { runBridge } from '../../mcp/bridge.ts'
import { isWorkspace } from '../../workspace/manifest.ts'
import { expectWords } from '../arguments.ts'
import type { Command, Invocation } from '../command.ts'
import { EXIT } from '../exit-codes.ts'
import { cliVersion } from '../version.ts'
import { driverOf } from './hook.ts'

export const command: Command = {
  usage: ['mcp [--runtime <runtime>] [--profile <profile>]'],
  about: [
    'An MCP server over stdio for one session of an agent program: its tools let the model ask, answer and tell other peers. The first call',
    'joins with the local enrolment token; the credential is shared with the hooks of the session. It starts with the daemon down, outlives its',
    'restarts, and ends with its standard input, its parent or the agent.',
  ],
  flags: {
    runtime: { type: 'string', value: 'runtime', summary: 'The agent program; otherwise it is found out' },
    profile: { type: 'string', value: 'profile', summary: `Which tools: ${PROFILES.join(', ')} (default; in a workspace orchestrator)` },
  },
  examples: [
    ['muster mcp --runtime claude', 'as the command of an MCP server in .mcp.json'],
    ['claude mcp add muster -- muster mcp --runtime claude', 'by hand'],
  ],
  run: mcp,
}

async function mcp({ flags, words, environment }: Invocation): Promise<number> {
  expectWords(words, [], 'mcp [flags]')
  const { env, paths, cwd, parentPid, interrupted, now } = environment
  const given = flags.text('runtime')
  const driver = given === undefined ? runningDriver(parentPid()) : driverOf(given)
  const profile = flags.choice('profile', PROFILES) ?? (isWorkspace(cwd()) ? 'orchestrator' : 'default')
  const door = openDoor(env, paths)
  const version = cliVersion()
  await runBridge({
    driver,
    door,
    env,
    cwd: cwd(),
    pid: process.pid,
    parentPid: parentPid(),
    parentNow: parentPid,
    look: lookAtProcess,
    client: `muster-mcp/${version}`,
    profile,
    version,
    log: (text) => logLine(join(sessionsFolder(door), 'mcp.log'), `${driver.name} ${text}`, new Date(now())),
    stdin: process.stdin,
    interrupted: interrupted(),
  })
  environment.endSoon?.()
  return EXIT.ok
}

/** The agent program that started this, if it is one that Muster knows. */
function runningDriver(parentPid: number): RuntimeDriver {
  const lineage = lineageOf(parentPid, lookAtProcess)
  const nearest = lineage.map(({ args }) => Object.values(DRIVERS).find((driver) => driver.isAgent(args)))
  return nearest.find((driver) => driver !== undefined) ?? otherRuntime
}
