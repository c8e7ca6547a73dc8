/** What the domains above may use of the peers. */
export { resolve, resolveMany, resolveOne } from './addresses.ts'
export { circleName, GRANTED_CIRCLES, hasGrant, maySee } from './circles.ts'
export { requireLive } from './credentials.ts'
export {
  findPeer,
  isActive,
  type Liveness,
  moveReadMarker,
  type PeerRow,
  peersOfRole,
  presenceCounts,
  reachOf,
  refOf,
  timeOrNull,
  toRef,
} from './rows.ts'
export { setTurn } from './turns.ts'
