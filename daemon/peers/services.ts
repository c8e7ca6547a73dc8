import type { Reader } from '../store/store.ts'
import type { Tx } from '../store/transaction.ts'
import { ensureCircle } from './circles.ts'
import { type CredentialDeps, mintCredential, revokeAll } from './credentials.ts'
import { insertPeer } from './registration.ts'
import { PEER_COLUMNS, type PeerRow } from './rows.ts'

/** The circle of the daemon's own services: apart, so that what is said to everybody elsewhere does not pile up with those that read no mail. */
const CIRCLE = 'muster'
const sessionOf = (service: string) => `service:${service}`

/** The peer of a service that the daemon runs itself. No enrolment made it, so nobody else can come by its credential or pass for it. */
const OWN = `SELECT ${PEER_COLUMNS} FROM peers p JOIN circles c ON c.id = p.circle_id
  WHERE p.enrolment_id IS NULL AND p.session = ? AND p.retired_at IS NULL`

/** SQL that is true where the peer `@self` is that service of the daemon's own. */
const isOwn = (service: string) =>
  `EXISTS (SELECT 1 FROM peers WHERE id = @self AND enrolment_id IS NULL AND session = '${sessionOf(service)}' AND retired_at IS NULL)`

/** The daemon's own observer of forges. */
export const IS_OWN_OBSERVER = isOwn('observer')
/** The daemon's own writer of dashboard files. */
export const IS_OWN_VIEWS = isOwn('views')

/**
 * A new credential for a service, which becomes a peer with the first one. All that it had before end here: whatever is left of an
 * earlier process can do nothing more.
 */
export function credentialOfService(
  tx: Tx,
  deps: Pick<CredentialDeps, 'random' | 'disconnect'>,
  service: string,
  description: string,
): { readonly peerId: number; readonly token: string } {
  const found = tx.get<PeerRow>(OWN, sessionOf(service))
  if (found) revokeAll(tx, deps, found.id)
  const peerId = found?.id ?? joinAsService(tx, service, description)
  return { peerId, token: mintCredential(tx, deps.random, peerId, 'service').token }
}

/** The peer of a service of the daemon's own; `undefined` before it has run. */
export function ownService(reader: Reader, service: string): number | undefined {
  return reader.get<PeerRow>(OWN, sessionOf(service))?.id
}

/** Ends every credential of a service. */
export function endService(tx: Tx, deps: Pick<CredentialDeps, 'disconnect'>, service: string): void {
  const found = tx.get<PeerRow>(OWN, sessionOf(service))
  if (found) revokeAll(tx, deps, found.id)
}

function joinAsService(tx: Tx, service: string, description: string): number {
  return makeService(tx, { name: `muster-${service}`, description, session: sessionOf(service) })
}

/** Makes a peer of the daemon's own, under this name or one like it. It has no credential until it is given one. */
export function makeService(tx: Tx, about: { readonly name: string; readonly description: string; readonly session?: string }): number {
  const circleId = ensureCircle(tx, CIRCLE)
  const name = freeName(tx, circleId, about.name)
  const fixed = { role: 'service', mode: 'pull', runtime: 'muster', capabilities: [] as string[] } as const
  return insertPeer(tx, { circleId, enrolmentId: null, spawnedBy: null }, { ...about, ...fixed, name })
}

/** Somebody may have the name already, and keeps it. */
function freeName(tx: Tx, circleId: number, name: string): string {
  const isTaken = (wanted: string) => tx.get('SELECT 1 FROM peers WHERE circle_id = ? AND name = ? AND retired_at IS NULL', circleId, wanted) !== undefined
  for (let number = 1; ; number++) {
    const wanted = number === 1 ? name : `${name}-${number}`
    if (!isTaken(wanted)) return wanted
  }
}
