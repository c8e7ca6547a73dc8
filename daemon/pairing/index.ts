/** The pairing domain: how devices become a person's, and how a terminal gets one thing done in a person's name. */
import type { DueTimer } from '../store/timer.ts'
import type { Tx } from '../store/transaction.ts'
import { ActionCodes } from './action-codes.ts'
import { createActionHandlers, endAction, endWaiting, getAction, listActions } from './actions.ts'
import type { HandlerDeps, PairingDeps } from './deps.ts'
import { createDeviceHandlers, listDevices } from './devices.ts'
import { OpenCode } from './open-code.ts'
import { createPairingHandlers, endPairing, endUnfinished, listPairings } from './pairings.ts'
import { PassphraseTries } from './passphrase-tries.ts'
import { Passphrases } from './passphrases.ts'

export { deviceCounts } from './devices.ts'
export { forgetPassphrases, type Passphrases } from './passphrases.ts'

export function createPairing(options: PairingDeps & { readonly timer: DueTimer }) {
  const { clock, pipeline, timer } = options
  const code = new OpenCode(clock)
  const actionCodes = new ActionCodes(clock)
  const tries = new PassphraseTries(clock, pipeline)
  const deps: HandlerDeps = { ...options, code, actionCodes, tries }
  const passphrases = new Passphrases(deps)
  timer.add({
    next: () => asMono(code.endsAt),
    run: () => {
      const { pairing } = code
      if (pairing !== undefined)
        pipeline.submit(
          (tx) => endPairing(tx, deps, pairing, 'Nobody finished it in time.'),
          () => undefined,
        )
    },
  })
  timer.add({
    next: () => asMono(actionCodes.nextEnd),
    run: () => {
      for (const action of actionCodes.overdue()) {
        pipeline.submit(
          (tx) => endAction(tx, deps, action, { state: 'ended', reason: 'Nobody approved it in time.' }),
          () => undefined,
        )
      }
    },
  })
  const pairings = createPairingHandlers(deps)
  const devices = createDeviceHandlers(deps)
  const actions = createActionHandlers(deps)
  return {
    /** At a start. */
    prepare(tx: Tx): void {
      // Nobody knows its code any more.
      endUnfinished(tx, deps, 'The daemon was restarted.')
      endWaiting(tx, deps)
      tries.prepare(tx)
    },
    passphrases,
    commands: {
      'pairings.begin': pairings.begin,
      'pairings.redeem': pairings.redeem,
      'pairings.confirm': pairings.confirm,
      'pairings.cancel': pairings.cancel,
      'devices.rename': devices.renameDevice,
      'devices.revoke': devices.revokeDevice,
      'actions.propose': actions.propose,
      'actions.approve': actions.approve,
      'actions.reject': actions.reject,
      'passphrase.clear': passphrases.clear,
    },
    queries: {
      'pairings.list': listPairings,
      'devices.list': listDevices,
      'actions.get': getAction,
      'actions.list': listActions,
      'passphrase.state': passphrases.state,
    },
  } as const
}

function asMono(at: number | undefined): { readonly mono: number } | undefined {
  return at === undefined ? undefined : { mono: at }
}
