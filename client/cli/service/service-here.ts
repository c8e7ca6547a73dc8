import { createHash } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { daemonProgram } from '../daemon-program.ts'
import type { Environment } from '../environment.ts'
import { CliError } from '../failure.ts'
import { cliVersion } from '../version.ts'
import { launchdService } from './launchd.ts'
import { type DaemonCommand, isOurs, type Service } from './service.ts'
import { systemdService } from './systemd.ts'

/** Variables that decide which files the daemon uses; a service manager hands over none of a person's own. */
const PLACES = ['MUSTER_HOME', 'XDG_CONFIG_HOME', 'XDG_DATA_HOME', 'XDG_STATE_HOME'] as const
/** Variables that set something, where this command is given them. Never a credential. */
const SETTINGS = ['MUSTER_HOST', 'MUSTER_PORT', 'MUSTER_NODE', 'MUSTER_LOG_LEVEL', 'MUSTER_DURABILITY', 'MUSTER_TRUSTED_PROXY'] as const
/** Neither a unit nor a property list can hold these, and no sane path does. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: finding control characters is this pattern's purpose
const CONTROL = /[\u0000-\u001f\u007f]/

/**
 * The service of these files on this machine.
 *
 * @throws CliError `service_unsupported` where nothing manages services here
 */
export function serviceHere(environment: Environment, platform: NodeJS.Platform = process.platform): Service {
  const { env } = environment
  const home = env['HOME'] || homedir()
  const command = daemonCommand(env)
  const odd = [...command.argv, ...Object.values(command.env)].find((text) => CONTROL.test(text))
  if (odd !== undefined)
    throw new CliError('service_unsupported', `a path with a control character cannot be a service: ${JSON.stringify(odd)}`, { hint: 'Choose another folder.' })
  // Each set of files has a daemon of its own, and so a service.
  const suffix = env['MUSTER_HOME'] ? `-${createHash('sha256').update(env['MUSTER_HOME']).digest('hex').slice(0, 8)}` : ''
  if (platform === 'darwin') return launchdService(environment, home, suffix, command, process.getuid?.() ?? 0)
  if (platform === 'linux') return systemdService(environment, home, suffix, command)
  throw new CliError('service_unsupported', `services are managed on Linux (systemd) and macOS (launchd), not on ${platform}`, {
    hint: 'Start the daemon with muster up.',
  })
}

function daemonCommand(env: Environment['env']): DaemonCommand {
  const places = PLACES.flatMap((name) => (env[name]?.startsWith('/') ? [[name, env[name]] as const] : []))
  const settings = SETTINGS.flatMap((name) => (env[name] ? [[name, env[name]] as const] : []))
  return { argv: [process.execPath, ...daemonProgram('bin')], env: Object.fromEntries([...places, ...settings]), version: cliVersion() }
}

/** What is in the file of a service now. @throws CliError `config_taken` where it is somebody else's */
export function installedText({ file }: Pick<Service, 'file'>): string | undefined {
  if (!existsSync(file)) return undefined
  const text = readFileSync(file, 'utf8')
  if (isOurs(text)) return text
  throw new CliError('config_taken', `${file} was not written by muster`, { hint: 'It is left alone. Move it away, then try again.' })
}
