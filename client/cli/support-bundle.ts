import { readFileSync, writeFileSync } from 'node:fs'
import { arch, homedir, hostname, platform, release } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { isSecretReference, type SecretReference } from '../../src/references.ts'
import { namesIn, readJson, sessionsFolder } from '../agents/session-files.ts'
import { readToken } from '../local/private-file.ts'
import { readSettingsFile } from '../local/settings-file.ts'
import type { Finding } from './checks/check.ts'
import type { Invocation } from './command.ts'
import { findDaemon } from './daemon-search.ts'
import type { Environment } from './environment.ts'
import { CliError } from './failure.ts'
import { lastLines } from './file-tail.ts'
import { openReader } from './open-caller.ts'
import { createRedact, REDACTED, type Redact, redactLogLine } from './redaction.ts'
import { cliVersion } from './version.ts'

const LOG_LINES = 500
/** Settings whose values are numbers or words out of a list, and tell nothing of anybody. */
const OPEN_SETTINGS = new Set(['port', 'logLevel', 'log', 'logMaxBytes', 'logFiles', 'durability', 'trustedProxy'])
const OPEN_VALUE = /^(?:\d{1,12}|true|false|[a-z]{1,10})$/

/**
 * Writes what somebody who helps needs to know to one file that only its owner may read. Everything in it is chosen, nothing is left
 * in because nobody thought of it: no body, reason, description or name that a peer gave, no token, no value of a setting that is free text.
 *
 * @returns the path
 * @throws CliError `file_exists` where there is a file of that name
 */
export async function writeBundle(invocation: Invocation, findings: readonly Finding[], path: string): Promise<string> {
  const { environment, out } = invocation
  const redact = createRedact(secretsOf(environment), environment.env['HOME'] || homedir())
  const bundle = {
    about: 'A support bundle of Muster. It holds no message, no token and no text that a peer wrote.',
    createdAt: new Date(out.now).toISOString(),
    versions: { muster: cliVersion(), node: process.versions.node, platform: platform(), release: release(), arch: arch() },
    findings: findings.map((finding) => redactFinding(finding, redact)),
    daemon: await daemonFacts(invocation),
    settings: settingsOf(environment),
    log: await logOf(environment),
  }
  const file = resolve(environment.cwd(), path)
  try {
    writeFileSync(file, `${JSON.stringify(bundle, null, 2)}\n`, { flag: 'wx', mode: 0o600 })
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException
    if (code === 'EEXIST') throw new CliError('file_exists', `${file} is there already`, { hint: 'Give the name of a new file.', cause: error })
    throw new CliError('file_unwritable', `${file} cannot be written: ${message}`, { hint: 'Give a file in a folder that you may write to.', cause: error })
  }
  return file
}

/** The state of each check; its words only where Muster chose them, since those about agent programs and mail may quote names and files. */
function redactFinding({ subject, check, state, says, hint, quotes }: Finding, redact: Redact): object {
  const isOurs = !quotes && ['daemon', 'host', 'database', 'files', 'log', 'outbox', 'service'].includes(subject)
  // A source of events is looked at under the name that somebody gave it.
  const what = subject === 'ingress' ? 'source' : check
  return { subject, check: what, state, ...(isOurs && { says: redact(says) }), ...(isOurs && hint !== undefined && { hint: redact(hint) }) }
}

/** Counts and versions; never who, and never why. */
async function daemonFacts(invocation: Invocation): Promise<object> {
  if ((await findDaemon(invocation.environment.paths)).kind !== 'running') return { running: false }
  const caller = await openReader(invocation)
  try {
    if (caller.hello.you.kind !== 'admin') return { running: true }
    const [{ node: _node, ...status }, { stuck, services, sources, process, revision, clock, database, outbox, leftovers }] = await Promise.all([
      caller.call('node.status', {}),
      caller.call('node.diagnose', {}),
    ])
    const deliveries = stuck.deliveries.map(({ to: _to, ...delivery }) => delivery)
    // Their parts have names of hosts, and their words.
    const parts = services.map((service) => ({ name: service.name, parts: service.parts.map(({ state, at }) => ({ state, at })) }))
    // Their problems have paths, and what could not be sent has names of peers.
    const doors = sources.map(({ problem, refused, failed }) => ({ isReady: problem === null, refusedAt: refused?.at ?? null, failedAt: failed?.at ?? null }))
    const known = { process, revision, clock, database, outbox, leftovers }
    return { running: true, status, diagnosis: { ...known, services: parts, sources: doors, stuck: { count: stuck.count, deliveries } } }
  } finally {
    await caller.close()
  }
}

/** Which settings there are; the values of those that can say nothing else. */
function settingsOf({ env, paths }: Environment): object {
  const variables = Object.entries(env).filter(([name, value]) => /^MUSTER_[A-Z_]{1,30}$/.test(name) && value !== undefined)
  return {
    file: configFile(paths.config),
    variables: Object.fromEntries(variables.map(([name, value]) => [name, openValue(settingOf(name), value)])),
  }
}

function configFile(path: string): object | string {
  try {
    const value: unknown = JSON.parse(readFileSync(path, 'utf8'))
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return 'no object'
    const entries = Object.entries(value)
    const known = entries.filter(([name]) => OPEN_SETTINGS.has(name)).map(([name, setting]) => [name, openValue(name, setting)])
    return { ...Object.fromEntries(known), others: entries.length - known.length }
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ENOENT' ? 'none' : 'cannot be read'
  }
}

function openValue(name: string, value: unknown): unknown {
  return OPEN_SETTINGS.has(name) && OPEN_VALUE.test(String(value)) ? value : REDACTED
}

/** `MUSTER_LOG_LEVEL` sets `logLevel`. */
function settingOf(variable: string): string {
  return variable
    .replace(/^MUSTER_/, '')
    .toLowerCase()
    .replace(/_([a-z])/g, (_all, letter: string) => letter.toUpperCase())
}

async function logOf({ paths }: Environment): Promise<readonly unknown[]> {
  return ((await lastLines(paths.log, LOG_LINES))?.lines ?? []).map((line) => redactLogLine(line))
}

/** Every credential in the files here and in the environment, and the names of this user and machine. What is chosen above holds none; this is the second lock. */
function secretsOf({ env, paths, userName }: Environment): readonly string[] {
  const peers = dirname(paths.peerToken('x'))
  const sessions = sessionsFolder({ paths })
  const files = [paths.adminToken, paths.enrolmentToken, ...namesIn(peers).map((name) => join(peers, name))]
  const inSessions = namesIn(sessions).flatMap((name) => String(readJson(join(sessions, name))?.['token'] ?? ''))
  const variables = Object.entries(env).flatMap(([name, value]) => (/TOKEN|SECRET|PASSWORD|KEY/i.test(name) && value ? [value] : []))
  return [...files.flatMap((path) => readToken(path) ?? []), ...inSessions, ...variables, ...referredSecrets(env, paths.config), userName(), hostname()]
}

/** What the references to secrets in the settings lead to. */
function referredSecrets(env: Environment['env'], config: string): readonly string[] {
  return referencesIn(config).flatMap((of) => ('file' in of ? readToken(of.file) : env[of.variable]) || [])
}

function referencesIn(path: string): readonly SecretReference[] {
  try {
    return [...references(readSettingsFile(path))]
  } catch {
    return []
  }
}

/** Wherever they stand in it. */
function* references(value: unknown): Generator<SecretReference> {
  if (isSecretReference(value)) yield value
  else if (typeof value === 'object' && value !== null) for (const part of Object.values(value)) yield* references(part)
}
