import { readFileSync } from 'node:fs'
import { homedir, hostname } from 'node:os'
import * as z from 'zod'
import { type MusterPaths, musterPaths } from '../src/paths.ts'
import { DEFAULT_PORT } from '../src/rpc.ts'

const Schema = z.strictObject({
  host: z.string().default('127.0.0.1'),
  port: z.int().min(0).max(65_535).default(DEFAULT_PORT),
  node: z
    .string()
    .regex(/^[A-Za-z0-9](?:[A-Za-z0-9._-]{0,62}[A-Za-z0-9])?$/)
    .default(() => defaultNode()),
  logLevel: z.enum(['debug', 'info', 'warn', 'error']).default('info'),
  durability: z.enum(['full', 'os']).default('full'),
  /** Host names besides the loopback ones under which clients reach the daemon. */
  allowedHosts: z.array(z.string()).default([]),
  /** A proxy in front terminates TLS; needed for a bind that is not loopback. */
  trustedProxy: z.boolean().default(false),
})

export type Settings = z.output<typeof Schema>

export interface Config extends Settings {
  readonly paths: MusterPaths
}

/** The environment variables that set something, and what they set. */
const VARIABLES = {
  MUSTER_HOST: 'host',
  MUSTER_PORT: 'port',
  MUSTER_NODE: 'node',
  MUSTER_LOG_LEVEL: 'logLevel',
  MUSTER_DURABILITY: 'durability',
} as const satisfies Record<string, keyof Settings>

const LOOPBACK = new Set(['127.0.0.1', '::1', 'localhost'])

/** A setting that cannot be used; the message names where it came from. The process ends with 78 (EX_CONFIG). */
export class ConfigError extends Error {
  override readonly name = 'ConfigError'
}

/**
 * The configuration: environment over the user's file over defaults.
 *
 * @throws ConfigError
 */
export function loadConfig(env: Readonly<Record<string, string | undefined>> = process.env, homeDir: string = homedir()): Config {
  const paths = musterPaths(env, homeDir)
  const parsed = Schema.safeParse({ ...readConfigFile(paths.config), ...fromEnvironment(env) })
  if (!parsed.success) {
    const [issue] = parsed.error.issues
    const field = issue?.path.join('.') ?? ''
    const variable = Object.entries(VARIABLES).find(([name, setting]) => setting === field && env[name] !== undefined)?.[0]
    throw new ConfigError(`${variable ?? `${paths.config}: ${field}`}: ${issue?.message}`)
  }
  const config = { ...parsed.data, paths }
  if (!LOOPBACK.has(config.host) && !config.trustedProxy) {
    throw new ConfigError(
      `host ${config.host} is not a loopback address. Put a proxy that terminates TLS in front and set "trustedProxy": true, or use 127.0.0.1.`,
    )
  }
  return config
}

function fromEnvironment(env: Readonly<Record<string, string | undefined>>): Record<string, unknown> {
  const settings: Record<string, unknown> = {}
  for (const [name, setting] of Object.entries(VARIABLES)) {
    const value = env[name]
    if (value === undefined || value === '') continue
    settings[setting] = setting === 'port' && /^\d+$/.test(value) ? Number(value) : value
  }
  return settings
}

function readConfigFile(path: string): Record<string, unknown> {
  let text: string
  try {
    text = readFileSync(path, 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return {}
    throw new ConfigError(`${path} cannot be read: ${(error as Error).message}`)
  }
  try {
    const value: unknown = JSON.parse(text)
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Record<string, unknown>
  } catch (error) {
    throw new ConfigError(`${path} is not JSON: ${(error as Error).message}`)
  }
  throw new ConfigError(`${path} must hold one JSON object`)
}

function defaultNode(): string {
  const name = (hostname().split('.')[0] ?? '').replace(/[^A-Za-z0-9._-]/g, '').slice(0, 32)
  return /^[A-Za-z0-9].*[A-Za-z0-9]$/.test(name) ? name : 'node'
}
