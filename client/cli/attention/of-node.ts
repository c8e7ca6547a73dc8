import type { Output } from '../../../src/contract/index.ts'
import { LIMITS } from '../../../src/limits.ts'
import type { Caller } from '../caller.ts'
import { peerName } from '../show.ts'
import { plural, safeLine } from '../text.ts'
import { relativeTime } from '../when.ts'
import type { Need } from './need.ts'

/** What needs somebody on this node, as far as the caller may see it. */
export async function needsOfNode(caller: Caller, status: Output<'node.status'>, nowMs: number): Promise<Need[]> {
  const found = await Promise.all([
    status.readOnly ? [{ kind: 'read_only', says: 'the disk is full: nothing is accepted', command: 'status', at: 0 } as const] : [],
    cards(caller, nowMs),
    status.deadLetters > 0 ? deadLetters(caller) : [],
    status.parkedPairs > 0 ? parkedPairs(caller, nowMs) : [],
    status.queued > 0 && caller.hello.you.kind === 'admin' ? unreachablePeers(caller) : [],
  ])
  return found.flat()
}

/** In the order of the queue. */
async function cards({ call }: Caller, nowMs: number): Promise<Need[]> {
  const { cards } = await call('decisions.queue', { limit: LIMITS.maxPage })
  return cards.map(({ card, blocked }, index) => ({
    kind: 'card',
    says: safeLine(`${card.question} (${plural(blocked, 'waits', 'wait')} since ${relativeTime(card.raisedAt, nowMs)})`),
    command: `decide show ${card.id}`,
    at: index,
  }))
}

async function deadLetters({ call }: Caller): Promise<Need[]> {
  const { dead, after } = await call('mailbox.dead', { limit: LIMITS.maxPage })
  if (dead.length === 0) return []
  return [{ kind: 'dead', says: `${plural(dead.length, 'dead letter')}${after === null ? '' : ' and more'}`, command: 'dead', at: 0 }]
}

async function parkedPairs({ call }: Caller, nowMs: number): Promise<Need[]> {
  const { pairs } = await call('pairs.list', {})
  return pairs.map(({ a, b, until }) => ({
    kind: 'parked',
    says: safeLine(`${peerName(a)} and ${peerName(b)} are parked until ${relativeTime(until, nowMs)}`),
    command: `pairs release ${peerName(a)} ${peerName(b)}`,
    at: Date.parse(until),
  }))
}

/** Of the first page of peers that are offline: to look at all of them is not for a glance. */
async function unreachablePeers({ call }: Caller): Promise<Need[]> {
  const { peers } = await call('peers.list', { presence: 'offline', limit: LIMITS.maxPage })
  const looked = await Promise.all(
    peers.filter(({ reach }) => reach === 'none').map(async (peer) => ({ peer, ...(await call('mailbox.peek', { peer: peer.id, limit: 1 })) })),
  )
  return looked
    .filter(({ waiting }) => waiting > 0)
    .map(({ peer, waiting }) => ({
      kind: 'unreachable',
      says: safeLine(`${plural(waiting, 'message')} for ${peerName(peer)}, who cannot be reached`),
      command: `inbox --peek --of ${peerName(peer)}`,
      peer: peer.id,
      at: -waiting,
    }))
}
