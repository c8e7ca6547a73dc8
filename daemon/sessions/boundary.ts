import type { Boundary, Item, Output, Turn } from '../../src/contract/index.ts'
import { MusterError } from '../../src/errors.ts'
import { asPeer, type Caller, type Command, type PeerCaller } from '../caller.ts'
import { findPeer, type PeerRow, refOf, setTurn } from '../peers/index.ts'
import type { Tx } from '../store/transaction.ts'
import { type Choice, EVERYTHING, priorityNumber, type SessionMail } from '../threads/index.ts'
import type { SessionRegistry } from './registry.ts'

export interface BoundaryDeps {
  readonly mail: SessionMail
  readonly registry: SessionRegistry
}

/** What a moment may carry, besides how much of it. */
type Carry = Omit<Choice, 'limit' | 'except'>

/** What `start` or `wake` handed over a moment ago is on its way to the model with this very prompt. */
const PROMPTED: Carry = { ...EVERYTHING, again: false }
/** In the middle of a turn only what cannot wait. What is held from earlier is not repeated: the transcript may lag behind. */
const URGENT: Carry = { upTo: priorityNumber('urgent'), needs: priorityNumber('urgent'), again: false }
/** A turn of its own is worth it for `urgent` and `normal`; `low` rides along. */
const WORTH_A_TURN: Carry = { upTo: priorityNumber('low'), needs: priorityNumber('normal'), again: true }

interface Rule {
  readonly carry: Carry | undefined
  /** In the middle of a turn, if that differs. */
  readonly amid?: Carry
  /** The turn afterwards; `undefined` leaves it. */
  readonly turn: Turn | undefined
  /** The turn afterwards where something was handed over, if that differs. */
  readonly full?: Turn
  readonly endsTurn?: true
}

/**
 * | boundary   | carries             | turn afterwards                                  |
 * |------------|---------------------|--------------------------------------------------|
 * | start      | everything, owed    | idle                                             |
 * | prompt     | everything; urgent where it is a wake amid a turn | working            |
 * | tool       | urgent              | working                                          |
 * | stop       | what is worth a turn | working if it carries something, else idle      |
 * | wake       | what is worth a turn; urgent amid one | working if it carries something, else as it was |
 * | permission | nothing             | awaiting_input                                   |
 * | end        | nothing             | unknown                                          |
 *
 * `stop` and `end` end a turn first: what this session was handed and is neither acked nor seen waits again.
 */
const RULES: Readonly<Record<Boundary, Rule>> = {
  start: { carry: EVERYTHING, turn: 'idle' },
  prompt: { carry: PROMPTED, amid: URGENT, turn: 'working' },
  tool: { carry: URGENT, turn: 'working' },
  stop: { carry: WORTH_A_TURN, turn: 'idle', full: 'working', endsTurn: true },
  wake: { carry: WORTH_A_TURN, amid: URGENT, turn: undefined, full: 'working' },
  permission: { carry: undefined, turn: 'awaiting_input' },
  end: { carry: undefined, turn: 'unknown', endsTurn: true },
}

/** What comes between a wake in the middle of a turn and the prompt that it becomes. */
const WITHIN_TURN: ReadonlySet<Boundary> = new Set(['tool', 'permission', 'wake'])

/** One command for each hook of an agent session. */
export function createBoundary({ mail, registry }: BoundaryDeps): Command<'sessions.boundary'> {
  const answer = (tx: Tx, peer: PeerCaller, at: Boundary, items: Item[]): Output<'sessions.boundary'> => {
    const row = findPeer(tx, peer.peerId) as PeerRow
    const owed = at === 'start' ? mail.owed(tx, peer) : []
    return { items, owed, waiting: mail.waiting(tx, peer), turn: row.turn, you: refOf(tx, row.id) as Output<'sessions.boundary'>['you'] }
  }
  const comesAmid = (peer: PeerCaller, at: Boundary): boolean => (at === 'wake' ? registry.isWorking(peer) : at === 'prompt' && registry.isSteered(peer))
  const settleSteer = (peer: PeerCaller, at: Boundary, isHandedAmid: boolean): void => {
    if (at === 'wake' && isHandedAmid) registry.steered(peer)
    else if (!WITHIN_TURN.has(at)) registry.unsteered(peer)
  }
  return {
    run(tx, caller, { at, seen, limit }) {
      const peer = asPullPeer(caller)
      const rule = RULES[at]
      mail.markSeen(tx, peer, seen)
      const except = rule.endsTurn && mail.endTurn(tx, peer)
      const isAmid = comesAmid(peer, at)
      const carry = isAmid ? rule.amid : rule.carry
      const handed = carry && mail.handOver(tx, peer, { ...carry, limit, ...(except && { except }) })
      const turn = handed ? (rule.full ?? rule.turn) : rule.turn
      if (turn) setTurn(tx, peer.peerId, peer.circleId, turn)
      if (handed) tx.created = { number: handed.handover, count: 1 }
      tx.after(() => {
        settleSteer(peer, at, isAmid && handed !== undefined)
        if (at === 'end') registry.ended(peer)
        else registry.reported(peer, turn)
      })
      return answer(tx, peer, at, handed?.items ?? [])
    },

    /** The reply to the first try was lost, and the session may not have what it was handed. */
    replay(tx, caller, created, { at }) {
      const peer = asPullPeer(caller)
      tx.after(() => registry.reported(peer, undefined))
      return answer(tx, peer, at, mail.heldUnder(tx, peer, created.number))
    },
  }
}

/** @throws MusterError `wrong_mode` when the caller does not fetch its mail */
export function asPullPeer(caller: Caller): PeerCaller {
  const peer = asPeer(caller)
  if (peer.mode !== 'pull')
    throw new MusterError('wrong_mode', { mode: peer.mode, hint: `This peer consumes in ${peer.mode} mode; an agent session joins in pull mode.` })
  return peer
}
