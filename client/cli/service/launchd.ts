import { join } from 'node:path'
import { findProgram, runProgram } from '../../agents/install/programs.ts'
import type { Environment } from '../environment.ts'
import { CliError } from '../failure.ts'
import { launchAgentPlist } from './launch-agent.ts'
import type { DaemonCommand, Service, ServiceState } from './service.ts'

const TIMEOUT_MS = 60_000

/** An agent of launchd, of the user who is logged in. */
export function launchdService(environment: Environment, home: string, suffix: string, command: DaemonCommand, uid: number): Service {
  const { env, cwd, paths } = environment
  const program = findProgram('launchctl', env)
  if (program === undefined) throw new CliError('service_unsupported', 'there is no launchctl on the PATH', { hint: 'Start the daemon with muster up.' })
  const label = `dev.muster.daemon${suffix.replace('-', '.')}`
  const file = join(home, 'Library', 'LaunchAgents', `${label}.plist`)
  const [domain, target] = [`gui/${uid}`, `gui/${uid}/${label}`]
  const run: Service['run'] = async (args) => await runProgram(program, args, { env, cwd: cwd(), timeoutMs: TIMEOUT_MS })
  return {
    kind: 'launchd',
    name: label,
    file,
    // launchd keeps no log, so the daemon does.
    text: launchAgentPlist({ ...command, env: { ...command.env, MUSTER_LOG: 'file' }, label, output: paths.output }),
    program: 'launchctl',
    run,
    probe: ['print', domain],
    install: (enabled) => [...(enabled ? [['bootout', target]] : []), ['enable', target], ['bootstrap', domain, file]],
    uninstall: { before: ['bootout', target], after: [] },
    state: async () => stateOf(await run(['print', target])),
    log: 'muster logs',
    notes: async () => [],
  }
}

/** launchd shows an agent that it has loaded, and only that. */
function stateOf({ status, stdout }: Awaited<ReturnType<Service['run']>>): ServiceState {
  const state = /^\s*state = (.+)$/m.exec(stdout)?.[1]
  return { enabled: status === 0, active: state === 'running', says: status === 0 ? (state ?? 'loaded') : 'not loaded' }
}
