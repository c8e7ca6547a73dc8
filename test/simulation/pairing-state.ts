/** Who asks: `device` has the token that redeeming a pairing gave, whatever it is worth. */
export type Who = { readonly is: 'admin' | 'nobody' } | { readonly is: 'agent'; readonly peer: number } | { readonly is: 'device'; readonly pairing: number }

export interface Thing {
  /** Given by the story; never used again, also not after a restore. */
  readonly uid: number
  /** Its number in the database, once it is committed. */
  id: number
}

export interface Person extends Thing {
  readonly name: string
  retired: boolean
}

export interface Pairing extends Thing {
  readonly personName: string
  person: Person | undefined
  readonly first: boolean
  /** A peer, or `null` for the administrator. */
  readonly begunBy: number | null
  state: 'open' | 'redeemed' | 'paired' | 'ended'
  device: string | undefined
  digits: string | undefined
  reused: number
}

/** Its number is that of its pairing. */
export interface Device extends Thing {
  readonly person: Person
  name: string
  revoked: boolean
}

export interface Action extends Thing {
  readonly person: Person
  readonly proposer: number | null
  readonly to: string
  readonly body: string
  state: 'waiting' | 'done' | 'rejected' | 'ended'
}

/** What the tables hold. */
export interface State {
  readonly people: Person[]
  readonly pairings: Pairing[]
  readonly devices: Device[]
  readonly actions: Action[]
}

interface OpenCode {
  readonly pairing: number
  code: string
  readonly endsAt: number
  wrong: number
  redeemed: boolean
  spoiled: boolean
}

interface OpenDigits {
  digits: string
  readonly endsAt: number
  wrong: number
}

/** What a process knows, and forgets when it ends. */
export interface Memory {
  open: OpenCode | undefined
  /** By action. */
  readonly digits: Map<number, OpenDigits>
  wrongAt: number[]
}

interface Event {
  readonly type: string
  readonly about: Thing | undefined
  readonly by: number | null
}

/** What follows from a refusal, by a command of its own. */
export type Later = { readonly refused: number | undefined; readonly reused: boolean } | { readonly endPairing: number } | { readonly endAction: number }

/** What a transaction comes to, if it is committed. */
export interface Draft {
  readonly state: State
  readonly memory: Memory
  readonly events: Event[]
  /** Done in memory after the commit. */
  readonly after: ((memory: Memory) => void)[]
  readonly later: Later[]
}

export function revoke(draft: Draft, device: Device): void {
  if (device.revoked) return
  device.revoked = true
  draft.events.push({ type: 'credential.revoked', about: device, by: null })
}

export function endPairing(draft: Draft, uid: number, by: number | null): void {
  const pairing = find(draft.state.pairings, uid)
  if (pairing?.state !== 'open' && pairing?.state !== 'redeemed') return
  pairing.state = 'ended'
  pairing.digits = undefined
  draft.events.push({ type: 'pairing.ended', about: pairing, by })
  draft.after.push((memory) => close(memory, uid))
}

export function endAction(draft: Draft, uid: number, state: 'done' | 'rejected' | 'ended', by: number | null): void {
  const action = find(draft.state.actions, uid)
  if (action?.state !== 'waiting') return
  action.state = state
  draft.events.push({ type: `action.${state}`, about: action, by })
  draft.after.push((memory) => void memory.digits.delete(uid))
}

export function close(memory: Memory, uid: number): void {
  if (memory.open?.pairing === uid) memory.open = undefined
}

export function forgotten(): Memory {
  return { open: undefined, digits: new Map(), wrongAt: [] }
}

/** Whether the token that redeeming a pairing gave is worth anything. */
export function isLive(state: State, pairing: number): boolean {
  const device = find(state.devices, pairing)
  return device !== undefined && !device.revoked && !device.person.retired
}

export function find<T extends Thing>(things: readonly T[], uid: number | undefined): T | undefined {
  return things.find((thing) => thing.uid === uid)
}

export function personOf(state: State, who: Who): Person | undefined {
  return who.is === 'device' ? find(state.devices, who.pairing)?.person : undefined
}

/** The number of the peer that asks; `null` for the administrator. */
export function peerOf(state: State, who: Who): number | null {
  return who.is === 'agent' ? who.peer : (personOf(state, who)?.id ?? null)
}
