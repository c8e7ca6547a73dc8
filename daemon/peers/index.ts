/** What the domains above may use of the peers. */
export { resolve, resolveOne } from './addresses.ts'
export { hasGrant, maySee } from './circles.ts'
export { findPeer, isActive, type Liveness, type PeerRow, reachOf, refOf, timeOrNull, toRef } from './rows.ts'
