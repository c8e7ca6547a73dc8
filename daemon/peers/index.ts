/** What the domains above may use of the peers. */
export { resolve, resolveMany, resolveOne, resolvePast } from './addresses.ts'
export { circleName, GRANTED_CIRCLES, grantedCircles, hasGrant, maySee, visibleCircle } from './circles.ts'
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
