import { CHANNEL_SETTINGS } from './channel-settings.ts'
import { DASHBOARD_FILES } from './dashboard-files.ts'
import { type ForgeSetting, whyNoForges } from './forges.ts'
import { DEFAULT_PORT } from './rpc.ts'
import { formatDuration, parseDuration } from './time.ts'

/** Who reads a setting: the daemon when it starts, a command each time, or an agent's session when it joins. */
export type SettingReader = 'daemon' | 'commands' | 'sessions'
export type SettingsFile = 'user' | 'project'
export type SettingValue = string | number | boolean | readonly string[] | object

interface Common {
  readonly of: SettingReader
  /** The files that may hold it. A project's file comes with the project, so it never says where a token is sent. */
  readonly files: readonly SettingsFile[]
  readonly variable?: string
  /** With the command that takes it, where not all do. */
  readonly flag?: string
  /** Never printed. */
  readonly secret?: true
  readonly summary: string
}

/** `fallback: null`: what counts then is known only where it is read; `otherwise` says what. */
type Shape =
  | { readonly kind: 'text'; readonly pattern: RegExp; readonly expected: string; readonly fallback: string | null; readonly otherwise?: string }
  | { readonly kind: 'number'; readonly min: number; readonly max: number; readonly fallback: number }
  /** A duration as it is written; its bounds in milliseconds. */
  | { readonly kind: 'duration'; readonly min: number; readonly max: number; readonly fallback: string }
  | { readonly kind: 'choice'; readonly choices: readonly string[]; readonly fallback: string }
  | { readonly kind: 'switch'; readonly fallback: boolean }
  | { readonly kind: 'list'; readonly pattern: RegExp; readonly expected: string; readonly fallback: readonly string[] }
  /** On a command line as JSON. `why`: what is wrong with a value, in a sentence. */
  | { readonly kind: 'json'; readonly why: (value: unknown) => string | undefined; readonly expected: string; readonly fallback: object }

export type Setting = Common & Shape

const NAME = /^[A-Za-z0-9](?:[A-Za-z0-9._-]{0,62}[A-Za-z0-9])?$/
const NAME_EXPECTED = 'a name of letters, digits, ".", "_" or "-", beginning and ending with a letter or a digit'
const HOST = /^[A-Za-z0-9._:%[\]-]{1,253}$/
const PATH = /^\/[^\0\n]{1,4095}$/
const PATH_EXPECTED = 'a path from the root on'
const MAX_LIST = 100
/** Long enough to come back from a week's absence, short enough for a clock to count. */
const KEPT_MS = { min: 604_800_000, max: 315_360_000_000 } as const

/**
 * Everything that may be set, in the order in which it is listed. The daemon, the command line and `muster config` read this one
 * table, so that what one writes the other accepts.
 */
export const SETTINGS = {
  host: {
    of: 'daemon',
    files: ['user'],
    variable: 'MUSTER_HOST',
    flag: 'up --host',
    kind: 'text',
    pattern: HOST,
    expected: 'an address or a host name, like 127.0.0.1',
    fallback: '127.0.0.1',
    summary: 'The address the daemon listens on',
  },
  port: {
    of: 'daemon',
    files: ['user'],
    variable: 'MUSTER_PORT',
    flag: 'up --port',
    kind: 'number',
    min: 0,
    max: 65_535,
    fallback: DEFAULT_PORT,
    summary: 'Its port; 0 takes any free one',
  },
  node: {
    of: 'daemon',
    files: ['user'],
    variable: 'MUSTER_NODE',
    kind: 'text',
    pattern: NAME,
    expected: NAME_EXPECTED,
    fallback: null,
    otherwise: 'the name of this machine',
    summary: 'What the daemon calls itself',
  },
  logLevel: {
    of: 'daemon',
    files: ['user'],
    variable: 'MUSTER_LOG_LEVEL',
    kind: 'choice',
    choices: ['debug', 'info', 'warn', 'error'],
    fallback: 'info',
    summary: 'What goes into its log',
  },
  log: {
    of: 'daemon',
    files: ['user'],
    variable: 'MUSTER_LOG',
    kind: 'choice',
    choices: ['stdout', 'file'],
    fallback: 'stdout',
    summary: 'Where it goes; muster up says file',
  },
  logMaxBytes: {
    of: 'daemon',
    files: ['user'],
    variable: 'MUSTER_LOG_MAX_BYTES',
    kind: 'number',
    min: 65_536,
    max: 1_073_741_824,
    fallback: 10_485_760,
    summary: 'A log file this large is set aside',
  },
  logFiles: {
    of: 'daemon',
    files: ['user'],
    variable: 'MUSTER_LOG_FILES',
    kind: 'number',
    min: 1,
    max: 100,
    fallback: 5,
    summary: 'How many old log files are kept',
  },
  durability: {
    of: 'daemon',
    files: ['user'],
    variable: 'MUSTER_DURABILITY',
    kind: 'choice',
    choices: ['full', 'os'],
    fallback: 'full',
    summary: 'full: on the disk; os: may yet be lost',
  },
  keepEvents: {
    of: 'daemon',
    files: ['user'],
    variable: 'MUSTER_KEEP_EVENTS',
    kind: 'duration',
    ...KEPT_MS,
    fallback: '30d',
    summary: 'How long events are kept',
  },
  keepThreads: {
    of: 'daemon',
    files: ['user'],
    variable: 'MUSTER_KEEP_THREADS',
    kind: 'duration',
    ...KEPT_MS,
    fallback: '90d',
    summary: 'How long threads are, after their end',
  },
  allowedHosts: {
    of: 'daemon',
    files: ['user'],
    variable: 'MUSTER_ALLOWED_HOSTS',
    kind: 'list',
    pattern: HOST,
    expected: 'host names separated by commas',
    fallback: [],
    summary: 'More host names that lead to it',
  },
  trustedProxy: {
    of: 'daemon',
    files: ['user'],
    variable: 'MUSTER_TRUSTED_PROXY',
    kind: 'switch',
    fallback: false,
    summary: 'A proxy in front of it ends TLS',
  },
  publicUrl: {
    of: 'daemon',
    files: ['user'],
    variable: 'MUSTER_PUBLIC_URL',
    kind: 'text',
    pattern: /^https:\/\/[A-Za-z0-9._:[\]-]{1,253}(?:\/[A-Za-z0-9._~/-]*)?$/,
    expected: 'an https URL, like https://crew.example.ts.net',
    fallback: '',
    otherwise: 'none: this machine only',
    summary: 'Where your phone reaches it',
  },
  tlsCert: {
    of: 'daemon',
    files: ['user'],
    variable: 'MUSTER_TLS_CERT',
    kind: 'text',
    pattern: PATH,
    expected: PATH_EXPECTED,
    fallback: '',
    otherwise: 'none: no TLS of its own',
    summary: 'Its certificate, with the chain, as PEM',
  },
  tlsKey: {
    of: 'daemon',
    files: ['user'],
    variable: 'MUSTER_TLS_KEY',
    kind: 'text',
    pattern: PATH,
    expected: PATH_EXPECTED,
    fallback: '',
    otherwise: 'in the file of tlsCert',
    summary: 'The key of that certificate, as PEM',
  },
  tlsHost: {
    of: 'daemon',
    files: ['user'],
    variable: 'MUSTER_TLS_HOST',
    kind: 'text',
    pattern: HOST,
    expected: 'an address or a host name, like 0.0.0.0',
    fallback: '0.0.0.0',
    summary: 'The address it listens on with TLS',
  },
  tlsPort: {
    of: 'daemon',
    files: ['user'],
    variable: 'MUSTER_TLS_PORT',
    kind: 'number',
    min: 0,
    max: 65_535,
    fallback: DEFAULT_PORT + 1,
    summary: 'Its port with TLS',
  },
  forges: {
    of: 'daemon',
    files: ['user'],
    variable: 'MUSTER_FORGES',
    kind: 'json',
    why: whyNoForges,
    expected: 'a list of objects with host, kind (github or gitlab), baseUrl and token, as JSON',
    fallback: [] as readonly ForgeSetting[],
    summary: 'Forges whose pull requests are looked at',
  },
  repositories: {
    of: 'daemon',
    files: ['user'],
    variable: 'MUSTER_REPOSITORIES',
    kind: 'list',
    pattern: /^\/[^\0\n,]{1,4095}$/,
    expected: 'folders from the root on, separated by commas',
    fallback: [],
    summary: 'Folders whose git repositories are, too',
  },
  observeEvery: {
    of: 'daemon',
    files: ['user'],
    variable: 'MUSTER_OBSERVE_EVERY',
    kind: 'duration',
    min: 1_000,
    max: 86_400_000,
    fallback: '1m',
    summary: 'How often each is looked at, at most',
  },
  dashboardFiles: DASHBOARD_FILES,
  ...CHANNEL_SETTINGS,
  url: {
    of: 'commands',
    files: ['user'],
    variable: 'MUSTER_URL',
    flag: '--url',
    kind: 'text',
    pattern: /^(?:https?|wss?):\/\/[^\s@]+$/,
    expected: 'a URL without a credential, like http://127.0.0.1:6878',
    fallback: null,
    otherwise: 'your own daemon',
    summary: 'The daemon that commands speak to',
  },
  as: {
    of: 'commands',
    files: ['project', 'user'],
    variable: 'MUSTER_AS',
    flag: '--as',
    kind: 'text',
    pattern: NAME,
    expected: NAME_EXPECTED,
    fallback: null,
    otherwise: 'cli-<user name>',
    summary: 'The peer that commands speak as',
  },
  name: {
    of: 'sessions',
    files: ['project'],
    variable: 'MUSTER_AS',
    kind: 'text',
    pattern: NAME,
    expected: NAME_EXPECTED,
    fallback: null,
    otherwise: 'by program and folder',
    summary: 'The peer of agent sessions in a project',
  },
  token: {
    of: 'commands',
    files: [],
    variable: 'MUSTER_TOKEN',
    secret: true,
    kind: 'text',
    pattern: /^\S+$/,
    expected: 'a token, in the environment only',
    fallback: null,
    otherwise: 'those kept here',
    summary: 'The token that commands use',
  },
} as const satisfies Record<string, Setting>

export type SettingKey = keyof typeof SETTINGS
export const SETTING_KEYS = Object.keys(SETTINGS) as readonly SettingKey[]

type ValueOf<S> = S extends { readonly kind: 'choice'; readonly choices: readonly (infer Choice)[] }
  ? Choice
  : S extends { readonly kind: 'number' }
    ? number
    : S extends { readonly kind: 'switch' }
      ? boolean
      : S extends { readonly kind: 'list' }
        ? readonly string[]
        : S extends { readonly kind: 'json'; readonly fallback: infer Value }
          ? Value
          : string

/** What the daemon takes from its configuration. */
export type DaemonSettings = { readonly [K in SettingKey as (typeof SETTINGS)[K]['of'] extends 'daemon' ? K : never]: ValueOf<(typeof SETTINGS)[K]> }

export function isSettingKey(key: string): key is SettingKey {
  return Object.hasOwn(SETTINGS, key)
}

/** What would be accepted, where a value is not; `undefined` where it is. */
export function refusalOf(key: SettingKey, value: unknown): string | undefined {
  const setting: Setting = SETTINGS[key]
  if (setting.kind === 'json') return setting.why(value)
  return isAccepted(setting, value) ? undefined : `Expected ${expectedOf(key)}.`
}

/** The same for an entry of a settings file, whose key may be none of ours or stand in the wrong file. */
export function refusalIn(file: SettingsFile, key: string, value: unknown): string | undefined {
  const isOurs = isSettingKey(key) && (SETTINGS[key] as Setting).files.includes(file)
  return isOurs ? refusalOf(key, value) : `There is no such setting in a ${file}'s file. muster config list shows those that there are.`
}

export function expectedOf(key: SettingKey): string {
  const setting: Setting = SETTINGS[key]
  switch (setting.kind) {
    case 'number':
      return `a whole number from ${setting.min} to ${setting.max}`
    case 'duration':
      return `a duration from ${formatDuration(setting.min)} to ${formatDuration(setting.max)}`
    case 'choice':
      return `one of: ${setting.choices.join(', ')}`
    case 'switch':
      return 'true or false'
    default:
      return setting.expected
  }
}

/** The value that a text means, from a variable or a command line; whether it is accepted, {@link refusalOf} says. */
export function valueFrom(key: SettingKey, text: string): SettingValue {
  switch (SETTINGS[key].kind) {
    case 'number':
      return /^\d{1,15}$/.test(text) ? Number(text) : text
    case 'switch':
      return text === 'true' ? true : text === 'false' ? false : text
    case 'list':
      return text
        .split(',')
        .map((part) => part.trim())
        .filter((part) => part !== '')
    case 'json':
      return parsed(text)
    default:
      return text
  }
}

/** What is no JSON is refused for what it is. */
function parsed(text: string): SettingValue {
  try {
    return JSON.parse(text) as SettingValue
  } catch {
    return text
  }
}

function isAccepted(setting: Exclude<Setting, { readonly kind: 'json' }>, value: unknown): boolean {
  switch (setting.kind) {
    case 'number':
      return Number.isSafeInteger(value) && Number(value) >= setting.min && Number(value) <= setting.max
    case 'duration': {
      const ms = typeof value === 'string' ? parseDuration(value) : undefined
      return ms !== undefined && ms >= setting.min && ms <= setting.max
    }
    case 'choice':
      return setting.choices.some((choice) => choice === value)
    case 'switch':
      return typeof value === 'boolean'
    case 'list':
      return Array.isArray(value) && value.length <= MAX_LIST && value.every((one) => typeof one === 'string' && setting.pattern.test(one))
    case 'text':
      return typeof value === 'string' && setting.pattern.test(value)
  }
}
