import { noCauses } from '../../../client/causes.ts'
import { connectWith } from '../../../client/connect.ts'
import { type JoinOptions, joiningTokens } from '../../../client/join.ts'
import { nodePlatform } from '../../../client/node-platform.ts'
import type { MusterPeer } from '../../../client/peer.ts'
import { ScriptedServer } from '../../support/scripted-server.ts'
import { VirtualClock } from '../../support/virtual-clock.ts'

export interface Scene {
  readonly clock: VirtualClock
  readonly server: ScriptedServer
  /** Connects the SDK to the scripted server, with a token unless other options say how. */
  connect(options?: JoinOptions): Promise<MusterPeer>
  /** The same without waiting: time has to pass first. */
  begin(options?: JoinOptions): Promise<MusterPeer>
}

export function createScene(): Scene {
  const clock = new VirtualClock()
  const server = new ScriptedServer(clock)
  const platform = { open: server.open, clock, random: () => 0.5, causes: noCauses, more: nodePlatform.more }
  const begin = (options: JoinOptions = { token: 'token' }): Promise<MusterPeer> =>
    connectWith(options, { platform, url: () => 'http://127.0.0.1:6878', credentials: (session) => joiningTokens(options, async () => undefined, session) })
  return {
    clock,
    server,
    begin,
    async connect(options) {
      const connecting = begin(options)
      connecting.catch(() => {}) // The caller looks at it, after time has settled.
      await clock.settle()
      return connecting
    },
  }
}

/** Keeps a rejection from counting as unhandled until the test looks at it. */
export function outcome<T>(promise: Promise<T>): {
  readonly state: () => 'pending' | 'resolved' | 'rejected'
  readonly value: () => T
  readonly error: () => Error
} {
  let state: 'pending' | 'resolved' | 'rejected' = 'pending'
  let kept: unknown
  promise.then(
    (value) => {
      state = 'resolved'
      kept = value
    },
    (error) => {
      state = 'rejected'
      kept = error
    },
  )
  return { state: () => state, value: () => kept as T, error: () => kept as Error }
}
