import { UserRound } from 'lucide'
import type { Output, PeerRef } from '../../browser.ts'
import { Icon } from './icon.tsx'

type Peer = Output<'peers.get'>['peer']

/** Who a peer is. A person has a mark that no text of a peer can make, since it stands outside of all text. */
export function PeerName({ of, link = true }: { readonly of: PeerRef | null; readonly link?: boolean }) {
  if (of === null) return <span class="peer peer-daemon">Muster</span>
  const mark = of.role === 'person' ? <Icon of={UserRound} label="person" /> : null
  const name = (
    <>
      {mark}
      <bdi>{of.name}</bdi>
    </>
  )
  const shown = `peer peer-${of.role}`
  return link ? (
    <a class={shown} href={`/crew/${of.id}`}>
      {name}
    </a>
  ) : (
    <span class={shown}>{name}</span>
  )
}

const PRESENCE = { online: 'online', away: 'away', offline: 'offline' } as const
const TURN = { idle: 'idle', working: 'working', awaiting_input: 'waits at its prompt', unknown: '' } as const
/** How a peer is reached, in words. */
export const REACH = { push: 'reached at once', hook: 'reached at its next step', poll: 'reached when it looks', none: 'cannot be reached now' } as const

/** A dot with a word: colour alone says nothing. */
export function Presence({ of }: { readonly of: Pick<Peer, 'presence' | 'turn'> }) {
  const presence = PRESENCE[of.presence as keyof typeof PRESENCE] ?? of.presence
  const turn = of.presence === 'online' ? TURN[of.turn as keyof typeof TURN] : ''
  return <span class={`presence presence-${presence} turn-${of.turn}`}>{turn || presence}</span>
}
