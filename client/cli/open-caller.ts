import type { Peer } from '../../src/contract/index.ts'
import { MusterError } from '../../src/errors.ts'
import { PROTOCOL } from '../../src/rpc.ts'
import { createKeys } from '../calls.ts'
import { systemClock, systemRandom } from '../clock.ts'
import { Credentials } from '../credentials.ts'
import { register } from '../join.ts'
import { readDaemonFile } from '../local/daemon-file.ts'
import { currentUrl, type DaemonAddress, wsUrl } from '../local/endpoint.ts'
import { readToken } from '../local/private-file.ts'
import { isRunning } from '../local/process-facts.ts'
import { fileCredentials } from '../node-defaults.ts'
import { openWsTransport } from '../ws-transport.ts'
import { credentialFile, daemonAddress, notRunning } from './address.ts'
import { type Caller, type CallerOptions, connectCaller } from './caller.ts'
import type { Invocation } from './command.ts'
import { chosenName, defaultName } from './identity.ts'

type Options = Omit<CallerOptions, 'url' | 'local' | 'credentials'>

/** A connection as a peer, and which one. */
export interface PeerCaller extends Caller {
  readonly self: Peer
}

/** Connects as the peer of `--as`, MUSTER_AS or MUSTER_TOKEN; registers it where it is new. */
export async function openPeer(invocation: Invocation, options: Options = {}): Promise<PeerCaller> {
  const address = daemonAddress(invocation.flags, invocation.environment)
  const caller = (await openGiven(invocation, address, options)) ?? (await open(invocation, address, joining(invocation, address), options))
  const { you } = caller.hello
  if (you.kind === 'peer') return { ...caller, self: you.peer }
  await caller.close()
  throw forbidden(`this command speaks as a peer, and the credential is one of kind ${you.kind}`, 'Use --as <name>, or a token of a peer in MUSTER_TOKEN.')
}

/** Connects as the administrator where the files here allow it and no peer was asked for; otherwise as a peer. */
export async function openReader(invocation: Invocation, options: Options = {}): Promise<Caller> {
  const address = daemonAddress(invocation.flags, invocation.environment)
  const given = await openGiven(invocation, address, options)
  return given ?? (await open(invocation, address, administrating(invocation, address) ?? joining(invocation, address), options))
}

/** Connects as the peer that commands speak as, where it has joined before. Makes nobody join: `undefined` where there is no credential. */
export async function openKnown(invocation: Invocation): Promise<PeerCaller | undefined> {
  const { flags, environment } = invocation
  const address = daemonAddress(flags, environment)
  const name = chosenName(flags, environment) ?? defaultName(environment)
  const token = environment.env['MUSTER_TOKEN'] || readToken(credentialFile(environment.paths, address, name))
  if (!token) return undefined
  const caller = await open(invocation, address, fixed(token), {})
  const { you } = caller.hello
  if (you.kind === 'peer') return { ...caller, self: you.peer }
  await caller.close()
  return undefined
}

/** Like `openReader`, and makes nobody join. */
export async function openKnownReader(invocation: Invocation): Promise<Caller | undefined> {
  const address = daemonAddress(invocation.flags, invocation.environment)
  const admin = invocation.environment.env['MUSTER_TOKEN'] ? undefined : administrating(invocation, address)
  return admin ? await open(invocation, address, admin, {}) : await openKnown(invocation)
}

/** What `openReader` connects, for as long as the work takes. */
export async function asReader<T>(invocation: Invocation, work: (caller: Caller) => Promise<T>): Promise<T> {
  return await closing(await openReader(invocation), work)
}

/** What `openPeer` connects, for as long as the work takes. */
export async function asPeer<T>(invocation: Invocation, work: (caller: PeerCaller) => Promise<T>): Promise<T> {
  return await closing(await openPeer(invocation), work)
}

/** Closes the connection whatever the work does, also where it throws before its first step: an open one keeps the process alive. */
async function closing<C extends Caller, T>(caller: C, work: (caller: C) => Promise<T>): Promise<T> {
  try {
    return await work(caller)
  } finally {
    await caller.close()
  }
}

/** Connects with one token and nothing else. */
export async function connectAs(invocation: Invocation, token: string): Promise<Caller> {
  return await open(invocation, daemonAddress(invocation.flags, invocation.environment), fixed(token), {})
}

/** With MUSTER_TOKEN, whatever it is good for: one that enrols joins; another names its own peer and may not contradict `--as`. */
async function openGiven(invocation: Invocation, address: DaemonAddress, options: Options): Promise<Caller | undefined> {
  const { environment, flags } = invocation
  const token = environment.env['MUSTER_TOKEN'] || undefined
  if (token === undefined) return undefined
  const caller = await open(invocation, address, fixed(token), options).catch(givenRefused)
  const { you } = caller.hello
  const wanted = chosenName(flags, environment)
  if (you.kind === 'enrolment') {
    await caller.close()
    return await open(invocation, address, joining(invocation, address, token), options)
  }
  if (wanted === undefined || (you.kind === 'peer' && you.peer.name.toLowerCase() === wanted.toLowerCase())) return caller
  await caller.close()
  const owner = you.kind === 'peer' ? you.peer.name : 'the administrator'
  throw forbidden(`MUSTER_TOKEN speaks for ${owner}, not for ${wanted}`, 'Unset MUSTER_TOKEN, or do not ask for another name.')
}

function givenRefused(error: unknown): never {
  if (!(error instanceof MusterError) || error.code !== 'unauthenticated') throw error
  throw unauthenticated(
    'the daemon does not accept the token in MUSTER_TOKEN',
    'It is unknown there, expired or revoked; unset MUSTER_TOKEN to use the credentials of this machine.',
  )
}

async function open({ environment }: Invocation, address: DaemonAddress, credentials: Credentials, options: Options): Promise<Caller> {
  // Asked before each connection: a local daemon may come back on another port.
  const url = async (): Promise<string> => wsUrl(address.local ? currentUrl(environment.paths, address.url) : address.url)
  return await connectCaller({ ...options, url, local: address.local, credentials })
}

function administrating({ environment, flags }: Invocation, { local }: DaemonAddress): Credentials | undefined {
  const token = local && chosenName(flags, environment) === undefined ? readToken(environment.paths.adminToken) : undefined
  return token ? fixed(token) : undefined
}

/** The stored credential of the peer, or one that its first use mints. */
function joining({ environment, flags, out }: Invocation, address: DaemonAddress, enrolment?: string): Credentials {
  const { paths } = environment
  const name = chosenName(flags, environment) ?? defaultName(environment)
  const where = credentialFile(paths, address, name)
  return new Credentials({
    store: fileCredentials(where),
    enrolment: async () => {
      const token = enrolment ?? (address.local ? readToken(paths.enrolmentToken) : undefined)
      if (token) return token
      const file = address.local ? readDaemonFile(paths) : undefined
      throw file && !isRunning(file.pid) ? notRunning() : nothingToJoinWith(name, where, address, paths.enrolmentToken)
    },
    register: async (token) => {
      const connection = { open: openWsTransport, clock: systemClock, url: wsUrl(address.url), token, hello: { protocol: PROTOCOL, client: 'muster-cli' } }
      // The session lets the same name resume its peer where its token file was lost.
      const session = `cli/${name.toLowerCase()}`
      const about = { name, role: 'agent', mode: 'pull', runtime: 'cli', description: 'A command line', session } as const
      const joined = await register(connection, { ...about, key: createKeys(systemRandom)() })
      out.note(joined.resumed ? `Joined anew as ${name}.` : `Joined as ${name} (first use).`)
      return joined
    },
  })
}

function nothingToJoinWith(name: string, where: string, { url, local }: DaemonAddress, enrolmentToken: string): MusterError {
  if (local)
    return unauthenticated(
      `there is no credential of ${name} and nothing to join with`,
      `Expected ${where} or ${enrolmentToken}; the daemon writes the latter.`,
    )
  return unauthenticated(
    `there is no credential for ${url}, and those of the daemon here are not sent elsewhere`,
    'Put a token of that daemon into MUSTER_TOKEN; muster token issue or enrol mints one there.',
  )
}

function fixed(token: string): Credentials {
  return new Credentials({ token, enrolment: async () => undefined, register: () => Promise.reject(new MusterError('unauthenticated')) })
}

function unauthenticated(message: string, hint: string): MusterError {
  return new MusterError('unauthenticated', { hint }, { message })
}

function forbidden(message: string, hint: string): MusterError {
  return new MusterError('forbidden', { hint }, { message })
}
