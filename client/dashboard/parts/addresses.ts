import type { Output } from '../../browser.ts'

type Peer = Pick<Output<'peers.list'>['peers'][number], 'id' | 'name' | 'circle' | 'role' | 'capabilities' | 'description'>

/** Somebody, or several, to whom something can be said. */
export interface Choice {
  readonly address: string
  /** Who that is, in words. */
  readonly says: string
}

/** What an address that may mean several begins with. */
const SELECTOR = /^(?:role|cap|circle):/

export const isSelector = (address: string): boolean => SELECTOR.test(address)

/** Everything that an address can be made of: peers by name, then whoever leads a circle, circles as a whole, and what peers are able to do. */
export function choicesOf(peers: readonly Peer[], onlyPeers: boolean): Choice[] {
  const reachable = peers.filter(({ role }) => role !== 'observer')
  const named = reachable.map(({ name, circle, role, description }) => ({ address: addressOf({ name, circle }), says: description || role }))
  if (onlyPeers) return named
  const circles = [...new Set(reachable.map(({ circle }) => circle))]
  const led = circles.filter((circle) => reachable.some((each) => each.circle === circle && each.role === 'orchestrator'))
  const capabilities = [...new Set(reachable.flatMap((each) => each.capabilities))].sort()
  return [
    ...named,
    ...led.map((circle) => ({ address: selectorOf('role:orchestrator', circle), says: `whoever leads ${circle}` })),
    ...circles.map((circle) => ({ address: `circle:${circle}`, says: `everybody in ${circle}` })),
    ...capabilities.map((capability) => ({ address: `cap:${capability}`, says: 'whoever is able to' })),
  ]
}

/** How a person writes to a peer: by its name, and its circle where that is not `main`, the circle of people. */
export function addressOf({ name, circle }: { readonly name: string; readonly circle: string }): string {
  return circle === 'main' ? name : `${name}@${circle}`
}

export function selectorOf(selector: string, circle: string): string {
  return circle === 'main' ? selector : `${selector}@${circle}`
}

const MOST = 30

/** Those whose address or description has what was typed, where it begins so first. */
export function matching(choices: readonly Choice[], typed: string): Choice[] {
  const sought = typed.toLowerCase()
  const found = choices.filter(({ address, says }) => address.toLowerCase().includes(sought) || says.toLowerCase().includes(sought))
  const rank = ({ address }: Choice): number => (address.toLowerCase().startsWith(sought) ? 0 : 1)
  return found.sort((a, b) => rank(a) - rank(b)).slice(0, MOST)
}
