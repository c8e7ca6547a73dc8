import type { Output } from '../../src/contract/index.ts'
import { MusterError } from '../../src/errors.ts'
import type { Caller, Command, Query } from '../caller.ts'
import { countDevices, devicesOf, findDevice, renameCredential, revoke } from '../peers/index.ts'
import type { Reader } from '../store/store.ts'
import type { PairingDeps } from './deps.ts'
import { requireAuthority } from './pairings.ts'
import { toDevice } from './rows.ts'

export function createDeviceHandlers(deps: Pick<PairingDeps, 'disconnect'>) {
  const renameDevice: Command<'devices.rename'> = {
    run(tx, caller, input) {
      const row = deviceOf(tx, caller, input.device)
      if (row.label !== input.name) {
        renameCredential(tx, row.id, input.name)
        const changed = { name: input.name, was: row.label }
        tx.event({ type: 'device.renamed', actor: actorOf(caller), peer: row.peer_id, audience: 'admin', subject: ['credential', row.id], changed })
      }
      return { device: toDevice(tx, { ...row, label: input.name }) }
    },
  }
  const revokeDevice: Command<'devices.revoke'> = {
    run(tx, caller, input) {
      const row = deviceOf(tx, caller, input.device)
      if (row.revoked_at === null) revoke(tx, deps, row.id, row.peer_id)
      return { device: toDevice(tx, { ...row, revoked_at: row.revoked_at ?? tx.now }) }
    },
  }
  return { renameDevice, revokeDevice }
}

export const listDevices: Query<'devices.list'> = (reader, caller) => {
  requireAuthority(caller)
  const rows = devicesOf(reader, caller.kind === 'peer' ? caller.peerId : null)
  return { devices: rows.map((row) => toDevice(reader, row)) }
}

/** @throws MusterError `not_found` also for a device of somebody else */
function deviceOf(reader: Reader, caller: Caller, id: string) {
  requireAuthority(caller)
  const row = findDevice(reader, reader.number('credential', id))
  if (!row || (caller.kind === 'peer' && row.peer_id !== caller.peerId)) throw new MusterError('not_found', { id, hint: 'devices.list shows the devices.' })
  return row
}

function actorOf(caller: Caller): number | null {
  return caller.kind === 'peer' ? caller.peerId : null
}

/** How many devices work, and what waits to be confirmed or approved on one. */
export function deviceCounts(reader: Reader): Output<'node.status'>['devices'] {
  const sql = `SELECT (SELECT count(*) FROM pairings WHERE state = 'open' OR state = 'redeemed') AS pairings,
    (SELECT count(*) FROM actions WHERE state = 'waiting') AS actions`
  return { paired: countDevices(reader), ...(reader.get(sql) as { readonly pairings: number; readonly actions: number }) }
}
