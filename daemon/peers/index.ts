/** What the domains above may use of the peers. */
export { resolve, resolveMany, resolveOne, resolvePast } from './addresses.ts'
export { circleName, GRANTED_CIRCLES, grantedCircles, hasGrant, isLetIntoAll, maySee, visibleCircle } from './circles.ts'
export { admitToken, type CredentialDeps, countDevices, devicesOf, findDevice, renameCredential, requireLive, reserveToken, revoke } from './credentials.ts'
export { endedTokens, endTokens } from './ended-tokens.ts'
export { setLeading } from './leading.ts'
export { areRelated, lineageOf } from './lineage.ts'
export { mayObserve, OBSERVED_CIRCLES } from './observing.ts'
export { makePerson, PEOPLE, people, personNamed, requireFreeName } from './people.ts'
export {
  activePeers,
  type CredentialRow,
  credentialLabel,
  findPeer,
  hasLiveCredential,
  isActive,
  type Liveness,
  moveReadMarker,
  type PeerRow,
  peersOfRole,
  peopleOf,
  presenceCounts,
  reachOf,
  refOf,
  retiredPeers,
  timeOrNull,
  toRef,
} from './rows.ts'
export { credentialOfService, endService, IS_OWN_VIEWS, makeService, ownService } from './services.ts'
export { setTurn } from './turns.ts'
