import { LIMITS } from '../../src/limits.ts'
import {
  type Action,
  close,
  type Draft,
  endAction,
  endPairing,
  find,
  forgotten,
  isLive,
  type Later,
  type Memory,
  type Pairing,
  peerOf,
  personOf,
  revoke,
  type State,
  type Who,
} from './pairing-state.ts'

/** What one asks of the daemon; things are named by the numbers that the story gives them. */
export type Ask =
  | { readonly op: 'pairings.begin'; readonly person?: string }
  | { readonly op: 'pairings.redeem'; readonly code: string; readonly device: string }
  | { readonly op: 'pairings.confirm'; readonly pairing: number; readonly digits: string }
  | { readonly op: 'pairings.cancel'; readonly pairing: number }
  | { readonly op: 'devices.rename'; readonly device: number; readonly name: string }
  | { readonly op: 'devices.revoke'; readonly device: number }
  | { readonly op: 'peers.retire'; readonly person: number }
  | { readonly op: 'credentials.create'; readonly person: number }
  | { readonly op: 'actions.propose'; readonly operation: string; readonly to: string; readonly body: string; readonly person?: string }
  | { readonly op: 'actions.approve'; readonly action: number; readonly digits: string }
  | { readonly op: 'actions.reject'; readonly action: number }

const MINUTE = 60_000
/** What the people of the story are asked to have done; anything else that is proposed here is none of what may be. */
export const PROPOSABLE = 'threads.notify'
/** Where it cannot be done. */
export const NOBODY_OF_THAT_NAME = 'ghost'

/**
 * The promises about pairings, devices and actions, in a form of their own: what each request comes to, in the order in which the requests of one
 * transaction run. It knows nothing of faults: whoever uses it takes a draft for true once it was committed.
 */
export class PairingModel {
  state: State = { people: [], pairings: [], devices: [], actions: [] }
  memory: Memory = forgotten()
  readonly #nextUid: () => number
  /** Names that agents have. */
  readonly #taken: ReadonlySet<string>

  constructor(nextUid: () => number, taken: ReadonlySet<string>) {
    this.#nextUid = nextUid
    this.#taken = taken
  }

  draft(): Draft {
    return { state: structuredClone(this.state), memory: structuredClone(this.memory), events: [], after: [], later: [] }
  }

  /** Why a request is refused before a transaction is thought of. */
  atTheDoor(who: Who, ask: Ask): string | undefined {
    if (ask.op === 'actions.approve' && who.is !== 'device') return 'forbidden'
    return ask.op === 'actions.propose' && ask.operation !== PROPOSABLE ? 'invalid_input' : undefined
  }

  /** What one request comes to: `ok`, or the code of an error. */
  run(draft: Draft, who: Who, ask: Ask, now: number): string {
    if (who.is === 'device' && !isLive(draft.state, who.pairing)) return 'unauthenticated'
    switch (ask.op) {
      case 'pairings.begin':
        return this.#begin(draft, who, ask.person, now)
      case 'pairings.redeem':
        return redeem(draft, ask.code, ask.device, now)
      case 'pairings.confirm':
        return this.#confirm(draft, who, ask, now)
      case 'pairings.cancel':
        return cancel(draft, who, ask.pairing)
      case 'devices.rename':
      case 'devices.revoke':
        return changeDevice(draft, who, ask)
      case 'peers.retire':
        return retire(draft, who, ask.person)
      case 'credentials.create':
        // A device asks for another one of its own.
        return who.is === 'device' || find(draft.state.people, ask.person)?.retired === false ? 'forbidden' : 'not_found'
      case 'actions.propose':
        return this.#propose(draft, who, ask, now)
      case 'actions.approve':
        return approve(draft, who, ask, now)
      case 'actions.reject':
        return reject(draft, who, ask.action)
    }
  }

  /** What follows from the refusals of a batch, in one batch of its own. */
  follow(later: readonly Later[]): Draft {
    const draft = this.draft()
    for (const one of later) {
      if ('endPairing' in one) endPairing(draft, one.endPairing, null)
      else if ('endAction' in one) endAction(draft, one.endAction, 'ended', null)
      else {
        const pairing = find(draft.state.pairings, one.refused)
        if (one.reused && pairing) pairing.reused += 1
        draft.events.push({ type: 'pairing.refused', about: pairing, by: null })
      }
    }
    return draft
  }

  /** A process that starts: nothing that waited can be finished any more. */
  restart(): Draft {
    this.memory = forgotten()
    const draft = this.draft()
    for (const { uid } of draft.state.pairings) endPairing(draft, uid, null)
    for (const { uid } of draft.state.actions) endAction(draft, uid, 'ended', null)
    return draft
  }

  /** What time has ended by now; `graceMs`: what should be over by now. */
  overdue(now: number, graceMs = 0): { readonly pairings: readonly number[]; readonly actions: readonly number[] } {
    const { open, digits } = this.memory
    return {
      pairings: open && open.endsAt + graceMs <= now ? [open.pairing] : [],
      actions: [...digits].filter(([, { endsAt }]) => endsAt + graceMs <= now).map(([action]) => action),
    }
  }

  expire(pairings: readonly number[], actions: readonly number[]): Draft {
    const draft = this.draft()
    for (const uid of pairings) endPairing(draft, uid, null)
    for (const uid of actions) endAction(draft, uid, 'ended', null)
    return draft
  }

  /** It was committed. */
  adopt(draft: Draft): void {
    this.state = draft.state
    this.memory = draft.memory
    for (const effect of draft.after) effect(this.memory)
  }

  #begin(draft: Draft, who: Who, name: string | undefined, now: number): string {
    const { state } = draft
    if (who.is === 'agent') return 'forbidden'
    const people = state.people.filter(({ retired }) => !retired)
    const first = isBeforeFirst(state)
    const self = personOf(state, who)
    const meant = name ?? (first ? 'owner' : (self?.name ?? (people.length === 1 ? people[0]?.name : undefined)))
    if (meant === undefined) return 'invalid_input'
    const person = people.find((one) => one.name === meant)
    if (!person && this.#taken.has(meant)) return 'name_taken'
    for (const { uid } of state.pairings) endPairing(draft, uid, null)
    const begunBy = peerOf(state, who)
    const uid = this.#nextUid()
    const pairing: Pairing = { uid, id: 0, personName: meant, person, first, begunBy, state: 'open', device: undefined, digits: undefined, reused: 0 }
    state.pairings.push(pairing)
    draft.events.push({ type: 'pairing.begun', about: pairing, by: begunBy })
    draft.after.push((memory) => {
      memory.open = { pairing: uid, code: '?', endsAt: now + LIMITS.pairingMs, wrong: 0, redeemed: false, spoiled: false }
    })
    return 'ok'
  }

  #confirm(draft: Draft, who: Who, { pairing: uid, digits }: { readonly pairing: number; readonly digits: string }, now: number): string {
    const { state, memory } = draft
    if (who.is === 'agent') return 'forbidden'
    const pairing = find(state.pairings, uid)
    if (!pairing) return 'not_found'
    const open = memory.open?.pairing === uid && memory.open.endsAt > now ? memory.open : undefined
    if (pairing.state === 'paired' || pairing.state === 'ended' || !open) return 'already_closed'
    if (who.is === 'admin' && !(pairing.first && isBeforeFirst(state))) {
      draft.later.push({ refused: uid, reused: false })
      return 'forbidden'
    }
    if (pairing.state === 'open') return 'invalid_input'
    open.spoiled ||= digits !== pairing.digits
    if (open.spoiled) {
      draft.later.push({ endPairing: uid })
      return 'forbidden'
    }
    if (pairing.person?.retired) return 'not_found'
    this.#pair(draft, pairing, peerOf(state, who))
    return 'ok'
  }

  #pair({ state, events, after }: Draft, pairing: Pairing, by: number | null): void {
    const person = pairing.person ?? { uid: this.#nextUid(), id: 0, name: pairing.personName, retired: false }
    if (!pairing.person) state.people.push(person)
    const device = { uid: pairing.uid, id: 0, person, name: pairing.device ?? '', revoked: false }
    state.devices.push(device)
    Object.assign(pairing, { person, state: 'paired', digits: undefined })
    events.push({ type: 'credential.created', about: device, by: null }, { type: 'pairing.paired', about: pairing, by })
    after.push((memory) => close(memory, pairing.uid))
  }

  #propose(draft: Draft, who: Who, { to, body, person: name }: Extract<Ask, { op: 'actions.propose' }>, now: number): string {
    const { state } = draft
    const people = state.people.filter(({ retired }) => !retired)
    const person = name === undefined ? people[0] : people.find((one) => one.name === name)
    if (name === undefined && people.length !== 1) return 'invalid_input'
    if (!person) return this.#taken.has(name ?? '') ? 'invalid_input' : 'not_found'
    const proposer = peerOf(state, who)
    const waiting = state.actions.filter((action) => action.state === 'waiting' && action.person === person)
    const own = waiting.filter((action) => action.proposer === proposer)
    if (waiting.length >= LIMITS.maxWaitingActions || own.length >= LIMITS.maxProposedActions) return 'too_many_requests'
    const action: Action = { uid: this.#nextUid(), id: 0, person, proposer, to, body, state: 'waiting' }
    state.actions.push(action)
    draft.events.push({ type: 'action.proposed', about: action, by: proposer })
    draft.after.push((memory) => void memory.digits.set(action.uid, { digits: '?', endsAt: now + LIMITS.actionMs, wrong: 0 }))
    return 'ok'
  }
}

function isBeforeFirst({ people, pairings }: State): boolean {
  return people.every(({ retired }) => retired) && pairings.every(({ state }) => state !== 'paired')
}

function redeem(draft: Draft, code: string, device: string, now: number): string {
  const { state, memory } = draft
  memory.wrongAt = memory.wrongAt.filter((at) => at > now - MINUTE)
  if (memory.wrongAt.length >= LIMITS.wrongCodesPerMinute) return 'too_many_requests'
  const { open } = memory
  const pairing = open && open.endsAt > now && open.wrong < LIMITS.maxWrongCodes && open.code === code ? find(state.pairings, open.pairing) : undefined
  if (pairing?.state === 'open') {
    pairing.state = 'redeemed'
    pairing.device = device
    draft.events.push({ type: 'pairing.redeemed', about: pairing, by: null })
    draft.after.push((after) => {
      if (after.open?.pairing === pairing.uid) after.open.redeemed = true
    })
    return 'ok'
  }
  if (pairing && pairing.state !== 'ended') {
    draft.later.push({ refused: pairing.uid, reused: true })
    return 'already_closed'
  }
  draft.later.push({ refused: open?.pairing, reused: false })
  if (pairing) return 'not_found'
  memory.wrongAt.push(now)
  if (!open || open.redeemed) return 'not_found'
  open.wrong += 1
  if (open.wrong >= LIMITS.maxWrongCodes) draft.later.push({ endPairing: open.pairing })
  return 'not_found'
}

function cancel(draft: Draft, who: Who, uid: number): string {
  if (who.is === 'agent') return 'forbidden'
  const pairing = find(draft.state.pairings, uid)
  if (!pairing) return 'not_found'
  if (pairing.state === 'paired') return 'already_closed'
  endPairing(draft, uid, peerOf(draft.state, who))
  return 'ok'
}

function changeDevice(draft: Draft, who: Who, ask: Extract<Ask, { op: 'devices.rename' | 'devices.revoke' }>): string {
  const { state } = draft
  if (who.is === 'agent') return 'forbidden'
  const device = find(state.devices, ask.device)
  if (!device || (who.is === 'device' && device.person !== personOf(state, who))) return 'not_found'
  if (ask.op === 'devices.revoke') revoke(draft, device)
  else if (device.name !== ask.name) {
    device.name = ask.name
    draft.events.push({ type: 'device.renamed', about: device, by: peerOf(state, who) })
  }
  return 'ok'
}

function retire(draft: Draft, who: Who, uid: number): string {
  const { state } = draft
  const person = find(state.people, uid)
  if (!person || person.retired) return 'not_found'
  if (who.is !== 'admin' && personOf(state, who) !== person) return 'forbidden'
  person.retired = true
  draft.events.push({ type: 'peer.retired', about: person, by: peerOf(state, who) })
  for (const device of state.devices) if (device.person === person) revoke(draft, device)
  return 'ok'
}

function approve(draft: Draft, who: Who, { action: uid, digits }: Extract<Ask, { op: 'actions.approve' }>, now: number): string {
  const { state, memory } = draft
  const action = find(state.actions, uid)
  const self = personOf(state, who)
  if (!action || !self || action.person !== self) return 'not_found'
  if (action.state !== 'waiting') return 'already_closed'
  const open = memory.digits.get(uid)
  const isSpent = !open || open.endsAt <= now || open.wrong >= LIMITS.maxWrongDigits
  if (isSpent || open.digits !== digits) {
    if (open && !isSpent) open.wrong += 1
    if (open && !isSpent && open.wrong < LIMITS.maxWrongDigits) return 'forbidden'
    draft.later.push({ endAction: uid })
    return 'already_closed'
  }
  if (action.to === NOBODY_OF_THAT_NAME) return 'not_found'
  endAction(draft, uid, 'done', self.id)
  return 'ok'
}

function reject(draft: Draft, who: Who, uid: number): string {
  const { state } = draft
  const action = find(state.actions, uid)
  const self = peerOf(state, who)
  if (!action || (who.is !== 'admin' && action.person.id !== self && action.proposer !== self)) return 'not_found'
  if (action.state !== 'waiting') return 'already_closed'
  endAction(draft, uid, 'rejected', self)
  return 'ok'
}
