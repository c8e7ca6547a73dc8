import { readFileSync } from 'node:fs'
import type { MusterPaths } from '../../../src/paths.ts'
import { DEFAULT_PORT } from '../../../src/rpc.ts'
import { type DaemonSearch, findDaemon } from '../daemon-search.ts'
import type { Environment } from '../environment.ts'
import { describeOwner, findPortOwner, type PortOwner } from '../port-owner.ts'
import { cliVersion } from '../version.ts'
import type { Check, Finding } from './check.ts'

type About = Omit<Finding, 'subject' | 'check'>

/** Whether the daemon of this user runs and answers, and who has its port. */
export const daemonCheck: Check = {
  async run({ environment }) {
    const found = await findDaemon(environment.paths)
    return [
      { subject: 'daemon', check: 'running', ...liveness(environment.paths, found) },
      { subject: 'daemon', check: 'port', ...(await portOwnership(environment, found)) },
    ]
  },
}

function liveness(paths: MusterPaths, found: DaemonSearch): About {
  if (found.kind === 'none') return { state: 'fail', says: 'not running', hint: 'muster up starts it.' }
  const { pid, url } = found.file
  if (found.kind === 'stale') return { state: 'fail', says: `not running; pid ${pid} left ${paths.daemonFile} behind`, hint: 'muster up starts it.' }
  if (found.kind === 'silent') return { state: 'fail', says: `pid ${pid} does not answer at ${url}`, hint: 'muster logs may say why.' }
  const facts = { pid, url, version: found.version }
  const says = `${found.version} at ${url} (pid ${pid})`
  if (found.version === cliVersion()) return { state: 'ok', says, facts }
  return { state: 'warn', says: `${says}, and this muster is ${cliVersion()}`, hint: 'muster down && muster up starts the daemon of this version.', facts }
}

async function portOwnership(environment: Environment, found: DaemonSearch): Promise<About> {
  if (found.kind === 'running') {
    const port = Number(new URL(found.file.url).port)
    return ownPort(port, found.file.pid, await findPortOwner(port))
  }
  const port = configuredPort(environment)
  if (port === undefined) return { state: 'off', says: 'any free one is taken at the start' }
  const owner = await findPortOwner(port)
  if (!owner) return { state: 'ok', says: `${port} is free` }
  const hint = `Stop it, or use another port: muster up --port ${port < 65_535 ? port + 1 : port - 1}.`
  return { state: 'fail', says: `${port} is taken by ${describeOwner(owner)}`, hint, quotes: true, facts: { port, pid: owner.pid ?? null } }
}

function ownPort(port: number, pid: number, owner: PortOwner | undefined): About {
  const facts = { port, pid: owner?.pid ?? null }
  if (owner?.pid === pid) return { state: 'ok', says: `${port} is the daemon's`, facts }
  if (owner?.pid === undefined) return { state: 'off', says: `this system does not tell who has ${port}`, facts }
  // A program in between, such as a tunnel or the proxy of a container.
  return { state: 'warn', says: `${port} belongs to ${describeOwner(owner)}, behind which the daemon answers`, quotes: true, facts }
}

/** The port that the daemon would listen on; `undefined` for 0. */
function configuredPort({ env, paths }: Environment): number | undefined {
  const given = Number(env['MUSTER_PORT'] || (portInFile(paths.config) ?? DEFAULT_PORT))
  return Number.isInteger(given) && given > 0 && given <= 65_535 ? given : undefined
}

function portInFile(path: string): unknown {
  try {
    return (JSON.parse(readFileSync(path, 'utf8')) as { port?: unknown } | null)?.port
  } catch {
    // A check of its own says that it is broken.
    return undefined
  }
}
