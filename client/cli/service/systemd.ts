import { join } from 'node:path'
import { findProgram, runProgram, saidBy } from '../../agents/install/programs.ts'
import type { Environment } from '../environment.ts'
import { CliError } from '../failure.ts'
import type { DaemonCommand, Note, Service, ServiceState } from './service.ts'
import { systemdUnit } from './systemd-unit.ts'

const TIMEOUT_MS = 60_000

/** A user unit of systemd. @param suffix tells apart the services of several sets of files */
export function systemdService(environment: Environment, home: string, suffix: string, command: DaemonCommand): Service {
  const { env, cwd } = environment
  const program = findProgram('systemctl', env)
  if (program === undefined) {
    throw new CliError('service_unsupported', 'there is no systemctl on the PATH', {
      hint: 'Without systemd, start the daemon with muster up, for example from the profile of your shell.',
    })
  }
  if (/["'\\]/.test(command.argv[0] ?? '')) {
    throw new CliError('service_unsupported', `systemd starts no program with a quote or a backslash in its path: ${command.argv[0]}`, {
      hint: 'Use a node in another folder.',
    })
  }
  const unit = `muster${suffix}.service`
  const configured = env['XDG_CONFIG_HOME']
  const folder = configured?.startsWith('/') ? configured : join(home, '.config')
  const run: Service['run'] = async (args) => await runProgram(program, args, { env, cwd: cwd(), timeoutMs: TIMEOUT_MS })
  return {
    kind: 'systemd',
    name: unit,
    file: join(folder, 'systemd', 'user', unit),
    text: systemdUnit(command),
    program: 'systemctl',
    run,
    probe: ['--user', 'show', '--property=Version'],
    // Restarted, since an older one that runs would go on with what was written before.
    install: () => [
      ['--user', 'daemon-reload'],
      ['--user', 'enable', unit],
      ['--user', 'restart', unit],
    ],
    uninstall: { before: ['--user', 'disable', '--now', unit], after: [['--user', 'daemon-reload']] },
    state: async () => stateOf((await run(['--user', 'show', unit, '--property=LoadState,ActiveState,SubState,UnitFileState,Result'])).stdout),
    log: `journalctl --user -u ${unit.replace(/\.service$/, '')}`,
    notes: async () => await lingerNotes(environment),
  }
}

/** From the lines `Name=value` of `systemctl show`. */
function stateOf(text: string): ServiceState {
  const facts = Object.fromEntries(text.split('\n').map((line) => line.split('=', 2) as [string, string]))
  const { ActiveState: active = 'unknown', SubState: sub = '', UnitFileState: file = '', Result: result = '' } = facts
  const says = `${active}${sub ? ` (${sub})` : ''}, ${file || 'not installed'}${result && result !== 'success' ? `, last ended with ${result}` : ''}`
  return { enabled: file === 'enabled', active: active === 'active', says }
}

/** Without linger the user's services end with the last session, and start with the first. */
async function lingerNotes({ env, cwd, userName }: Environment): Promise<readonly Note[]> {
  const loginctl = findProgram('loginctl', env)
  if (loginctl === undefined) return []
  const ran = await runProgram(loginctl, ['show-user', userName(), '--property=Linger'], { env, cwd: cwd(), timeoutMs: TIMEOUT_MS })
  if (ran.stdout.trim() === 'Linger=yes') return []
  const why = ran.status === 0 ? '' : ` (loginctl: ${saidBy(ran).split('\n', 1)[0] ?? ''})`
  return [{ text: `It starts when you log in, and ends when you log out${why}.`, hint: `To have it run always: loginctl enable-linger ${userName()}` }]
}
