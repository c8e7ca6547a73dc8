import { signal } from '@preact/signals'
import { DEVICE_HEADER, DEVICE_SUBPROTOCOL_PREFIX } from '../../../src/rpc.ts'
import type { MusterPeer, PeerRef, Status } from '../../browser.ts'
import { noCauses } from '../../causes.ts'
import { systemClock, systemRandom } from '../../clock.ts'
import { createPeer } from '../../connect.ts'
import { givenToken } from '../../tokens.ts'
import { browserTransport } from '../../transport.ts'
import { deviceHalf, knownPerson, rememberPerson } from './device.ts'

/**
 * `unpaired`: this device speaks for nobody, or not any more. `offline`: the daemon cannot be reached, since when (epoch milliseconds).
 * `ended`: it wants no more of this page.
 */
export type ConnectionState =
  | { readonly state: 'unpaired' | 'connecting' | 'online' }
  | { readonly state: 'offline'; readonly since: number }
  | { readonly state: 'ended'; readonly says: string }

/** Where the connection stands, for all that shows it. */
export const connection = signal<ConnectionState>({ state: deviceHalf() === undefined ? 'unpaired' : 'connecting' })
/** The person for whom this device speaks; known as soon as it was online once, and from then on. */
export const me = signal<PeerRef | undefined>(knownPerson())
/** The credential of this device. */
export const ownDevice = signal<string | undefined>(undefined)
export const nodeName = signal<string | undefined>(undefined)

/** Long enough for a slow network, short enough that a tap that came to nothing is said to be so. */
const CALL_TIMEOUT_MS = 15_000
/** How long a connection may take to prove that it lives, after the page was away. */
const PROOF_MS = 4_000

let made: MusterPeer | undefined

/** The one connection of this page, which comes back by itself. Calls wait for it. */
export function peer(): MusterPeer {
  made ??= open()
  return made
}

function open(): MusterPeer {
  const half = deviceHalf()
  const platform = { open: browserTransport(DEVICE_SUBPROTOCOL_PREFIX), clock: systemClock, random: systemRandom, causes: noCauses }
  const opened = createPeer(
    { consume: false, client: 'muster-dashboard', callTimeoutMs: CALL_TIMEOUT_MS },
    { platform, url: () => location.origin, credentials: () => givenToken(half) },
  )
  opened.on('status', (status) => follow(opened, status))
  document.addEventListener('visibilitychange', () => document.visibilityState === 'visible' && prove(opened))
  addEventListener('online', () => prove(opened))
  if (half !== undefined) opened.start()
  return opened
}

/** Whether the daemon has said, since this page was online last, if the device is still paired. */
let isTold = false

function follow(opened: MusterPeer, status: Status): void {
  // What is not paired any more stays so, whatever becomes of its last attempts to connect.
  if (connection.value.state === 'unpaired') return
  if (status.state === 'online') greet(opened)
  else if (status.state === 'closed') connection.value = { state: 'ended', says: status.error?.message ?? 'The connection was closed.' }
  else if (status.state === 'waiting') {
    if (connection.value.state !== 'offline') connection.value = { state: 'offline', since: Date.now() }
  }
  if (status.state === 'closed' || (status.state === 'waiting' && !isTold)) void lookWhetherPaired(opened)
}

function greet({ hello }: MusterPeer): void {
  if (hello.you.kind === 'peer') {
    me.value = hello.you.peer
    rememberPerson(hello.you.peer)
    ownDevice.value = hello.you.credential
  }
  isTold = false
  nodeName.value = hello.node.name
  connection.value = { state: 'online' }
}

/** A browser does not say why a WebSocket was refused; a request does. */
async function lookWhetherPaired(opened: MusterPeer): Promise<void> {
  const response = await fetch('/v1/ping', { headers: { [DEVICE_HEADER]: deviceHalf() ?? '' } }).catch(() => undefined)
  isTold = response?.ok === true
  if (response?.status !== 401) return
  connection.value = { state: 'unpaired' }
  await opened.close()
}

/** After a sleep a connection may look alive and be dead: it answers soon, or another is made. */
function prove(opened: MusterPeer): void {
  opened.hurry()
  if (opened.status.state !== 'online') return
  opened.call('node.ping', {}, { timeoutMs: PROOF_MS }).catch(() => opened.hurry({ anew: true }))
}
