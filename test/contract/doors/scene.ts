import type { CommandName, QueryName } from '../../../daemon/caller.ts'
import type { Core } from '../../../daemon/core.ts'
import { admit } from '../../../daemon/gateway/admission.ts'
import type { Input, Mode, Output, Role } from '../../../src/contract/index.ts'
import type { TestDaemon } from '../support/test-daemon.ts'

/** Who may call: each role, the credentials that are no peer's, one that has ended, and nobody. */
export const CALLERS = ['agent', 'orchestrator', 'service', 'person', 'observer', 'admin', 'enrolment', 'revoked', 'nobody'] as const
export type CallerKind = (typeof CALLERS)[number]

export interface Actor {
  readonly id: string
  readonly token: string
}

/** A circle of its own for one call, so that no call sees what another has changed. */
export interface Scene {
  readonly circle: string
  /** The peer that calls; where none does, one that stands in for it. */
  readonly me: Actor
  readonly bob: Actor
  readonly eve: Actor
  readonly kind: CallerKind
  readonly adminToken: string
  /** What the caller authenticates with. */
  readonly token: string | undefined
  /** Runs an operation inside the daemon, as whom a token speaks for. */
  readonly act: <N extends CommandName | QueryName>(token: string, operation: N, input: Input<N>) => Promise<Output<N>>
  /** Uploads a file as whom a token speaks for; returns its id. */
  readonly upload: (token: string) => Promise<string>
  /** A write behind the daemon's back, for states that cannot be reached from outside within a test. */
  readonly write: (sql: string, ...values: readonly (string | number)[]) => Promise<unknown>
  readonly number: (kind: 'peer' | 'delivery' | 'credential', id: string) => number
}

const uploadTo = (url: string) => async (token: string) => {
  const response = await fetch(`${url}/v1/artifacts?name=notes.txt`, { method: 'POST', headers: { authorization: `Bearer ${token}` }, body: 'notes' })
  return ((await response.json()) as Output<'artifacts.upload'>).artifact.id
}

const isRole = (kind: CallerKind): kind is Role => !['admin', 'enrolment', 'revoked', 'nobody'].includes(kind)

let scenes = 0

export async function setScene(daemon: TestDaemon, kind: CallerKind, mode: Mode): Promise<Scene> {
  const { core } = daemon.daemon
  const { adminToken } = daemon
  const act = actIn(core)
  const write: Scene['write'] = (sql, ...values) =>
    core.pipeline.execute((tx) => {
      tx.changesPeers()
      tx.run(sql, ...values)
    })
  const number: Scene['number'] = (of, id) => core.store.number(of, id)
  scenes += 1
  const circle = `circle${scenes}`
  const { token: enrolment } = await act(adminToken, 'enrolments.create', { circle, roles: ['agent', 'service', 'orchestrator', 'observer'] })
  const join = async (name: string, role: Role): Promise<Actor> => {
    // A person's credential comes from a paired device, of which there is none here.
    const { peer, token } = await act(enrolment, 'peers.register', { name, mode, role: role === 'person' ? 'agent' : role })
    if (role === 'person') await write("UPDATE peers SET role = 'person' WHERE id = ?", number('peer', peer.id))
    return { id: peer.id, token }
  }
  const me = await join('me', isRole(kind) ? kind : 'agent')
  const [bob, eve] = [await join('bob', 'agent'), await join('eve', 'agent')]
  const tokens = { admin: adminToken, enrolment, nobody: undefined }
  const token = isRole(kind) ? me.token : kind === 'revoked' ? await endedToken(act, me) : tokens[kind]
  return { circle, me, bob, eve, kind, adminToken, token, act, upload: uploadTo(daemon.url), write, number }
}

function actIn({ gateway, runner, store }: Core): Scene['act'] {
  return (token, operation, input) =>
    new Promise((resolve, reject) => {
      const caller = gateway.authenticate(token)
      if (!caller) throw new Error('The token is not good')
      const admitted = admit({ store, runner }, caller, operation, input)
      runner.run(caller, operation, admitted.input, (outcome) => (outcome.ok ? resolve(outcome.value as never) : reject(outcome.error)))
    })
}

async function endedToken(act: Scene['act'], { token }: Actor): Promise<string> {
  const second = await act(token, 'credentials.create', { label: 'second' })
  await act(token, 'credentials.revoke', { credential: second.credential.id })
  return second.token
}
