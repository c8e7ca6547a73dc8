import type Database from 'better-sqlite3'
import type { ActionRow, PairingRow } from '../../daemon/pairing/rows.ts'
import type { IdKind } from '../../src/ids.ts'
import type { State, Thing } from './pairing-state.ts'

/** Everything that a person has: nothing else stands behind a person's authority. */
const PEOPLE = "SELECT id, name, retired_at IS NOT NULL AS retired FROM peers WHERE role = 'person' AND id > ? ORDER BY id"
const DEVICES = `SELECT k.id, k.peer_id, k.label, k.revoked_at IS NOT NULL AS revoked FROM credentials k JOIN peers p ON p.id = k.peer_id
  WHERE p.role = 'person' AND k.id > ? ORDER BY k.id`
const PAIRINGS = 'SELECT * FROM pairings WHERE id > ? ORDER BY id'
const ACTIONS = 'SELECT * FROM actions WHERE id > ? ORDER BY id'
const WORDS = "SELECT m.body, m.sender_id FROM messages m WHERE m.body LIKE 'act %' ORDER BY m.body"

/**
 * Gives what the model has made since its numbers, in the order in which it was made, and the digits that the daemon drew.
 *
 * @returns what the daemon made and the model did not, or the other way round
 */
export function learn(db: Database.Database, { people, devices, pairings, actions }: State, onId: (kind: IdKind, thing: Thing) => void): string[] {
  const broken: string[] = []
  const number = (kind: IdKind, sql: string, things: Thing[]) => {
    const rows = db.prepare(sql).all(things.reduce((most, { id }) => Math.max(most, id), 0)) as { id: number }[]
    const fresh = things.filter(({ id }) => id === 0)
    if (rows.length !== fresh.length) broken.push(`${rows.length} of the kind ${kind} were made, and not ${fresh.length}`)
    for (const [index, thing] of fresh.entries()) {
      thing.id = rows[index]?.id ?? -1
      onId(kind, thing)
    }
  }
  number('peer', PEOPLE, people)
  number('credential', DEVICES, devices)
  number('pairing', PAIRINGS, pairings)
  number('action', ACTIONS, actions)
  for (const pairing of pairings) {
    if (pairing.state !== 'redeemed' || pairing.digits !== undefined) continue
    pairing.digits = (db.prepare('SELECT comparison FROM pairings WHERE id = ?').get(pairing.id) as PairingRow).comparison ?? undefined
  }
  return broken
}

/** Where the tables say something else than the model. */
export function differences(db: Database.Database, { people, devices, pairings, actions }: State): string[] {
  const all = (sql: string) => db.prepare(sql).all(0)
  const told = [
    ...(all(PEOPLE) as { id: number; name: string; retired: number }[]).map(({ id, name, retired }) => line('person', id, name, retired === 1)),
    ...(all(DEVICES) as { id: number; peer_id: number; label: string; revoked: number }[]).map((row) =>
      line('device', row.id, row.peer_id, row.label, row.revoked === 1),
    ),
    ...(all(PAIRINGS) as PairingRow[]).map((row) =>
      line('pairing', row.id, row.person, row.person_id, row.first === 1, row.begun_by, row.state, row.device, row.comparison, row.reused, row.credential_id),
    ),
    ...(all(ACTIONS) as ActionRow[]).map(({ id, person_id, proposed_by, operation, input, state, output }) => {
      const { to, body } = JSON.parse(input) as { to: string; body: string }
      return line('action', id, person_id, proposed_by, operation, to, body, state, output !== null)
    }),
    ...(db.prepare(WORDS).all() as { body: string; sender_id: number }[]).map(({ body, sender_id }) => line('said', body, sender_id)),
  ]
  const right = [
    ...people.map(({ id, name, retired }) => line('person', id, name, retired)),
    ...devices.map(({ id, person, name, revoked }) => line('device', id, person.id, name, revoked)),
    ...pairings.map(({ uid, id, personName, person, first, begunBy, state, device, digits, reused }) => {
      const credential = devices.find((each) => each.uid === uid)?.id ?? null
      return line('pairing', id, personName, person?.id ?? null, first, begunBy, state, device ?? null, digits ?? null, reused, credential)
    }),
    ...actions.map(({ id, person, proposer, to, body, state }) => line('action', id, person.id, proposer, 'threads.notify', to, body, state, state === 'done')),
    // Done exactly once, with exactly this input, by the person who approved it.
    ...actions.filter(({ state }) => state === 'done').map(({ body, person }) => line('said', body, person.id)),
  ]
  return [...without(told, right).map((one) => `there is ${one}`), ...without(right, told).map((one) => `there is no ${one}`)]
}

/** Each as often as it is there. */
function without(all: readonly string[], taken: readonly string[]): string[] {
  const left = [...taken]
  return all.filter((one) => {
    const at = left.indexOf(one)
    if (at >= 0) left.splice(at, 1)
    return at < 0
  })
}

function line(...parts: readonly unknown[]): string {
  return parts.map((part) => JSON.stringify(part)).join(' ')
}
