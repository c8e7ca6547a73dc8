import type { Hello, Role } from '../src/contract/index.ts'
import { CONTRACT_REVISION } from '../src/contract/revision.ts'
import { LIMITS } from '../src/limits.ts'
import { PROTOCOL } from '../src/rpc.ts'
import type { Caller } from './caller.ts'
import type { GatewayDeps } from './gateway/deps.ts'
import type { Keeping } from './node/retention.ts'
import { enrolmentById } from './peers/credentials.ts'
import { findPeer, type PeerRow, toPeer } from './peers/rows.ts'
import type { Store } from './store/store.ts'
import type { createThreads } from './threads/index.ts'

interface HelloOptions {
  readonly node: string
  readonly version: string
  readonly keeping?: Keeping
}

/** What a connection is told when it greets: who it is, and what this daemon offers. */
export function createHello(store: Store, options: HelloOptions, threads: ReturnType<typeof createThreads>): GatewayDeps['hello'] {
  return (caller) => ({
    protocol: PROTOCOL,
    revision: CONTRACT_REVISION,
    server: `muster/${options.version}`,
    node: { name: options.node, incarnation: store.tag },
    you: identityOf(store, caller, threads),
    limits: { ...LIMITS, ...options.keeping },
    heartbeatMs: LIMITS.heartbeatMs,
    cursor: store.cursor(store.last('event')),
  })
}

function identityOf(store: Store, caller: Caller, threads: ReturnType<typeof createThreads>): Hello['you'] {
  switch (caller.kind) {
    case 'peer': {
      // The presence is settled by a command that this very hello queues.
      const row: PeerRow = { ...(findPeer(store, caller.peerId) as PeerRow), presence: 'online' }
      return { kind: 'peer', peer: toPeer(store, row, threads.live), credential: store.id('credential', caller.credentialId) }
    }
    case 'admin':
      return { kind: 'admin', credential: store.id('credential', caller.credentialId) }
    case 'enrolment': {
      const { circle, roles } = enrolmentById(store, caller.enrolmentId)
      return { kind: 'enrolment', enrolment: store.id('enrolment', caller.enrolmentId), circle, roles: JSON.parse(roles) as Role[] }
    }
  }
}
