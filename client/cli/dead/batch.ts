import type { Delivery } from '../../../src/contract/index.ts'
import type { Caller } from '../caller.ts'
import type { Invocation } from '../command.ts'
import { isConfirmed } from '../confirm.ts'
import { EXIT } from '../exit-codes.ts'
import { describeError } from '../failure.ts'
import { startProgress } from '../progress.ts'
import { peerName } from '../show.ts'
import { type DeadLetter, showDead } from '../show-trouble.ts'
import { plural } from '../text.ts'
import { type Selection, selectDead } from './selection.ts'

/** What is done with dead letters. */
export type Fate = 'replay' | 'discard'

const DONE = { replay: 'replayed', discard: 'discarded' } as const
const QUESTIONS = { replay: 'Queue them again?', discard: 'Take them off the list for good?' } as const

interface Failed {
  readonly delivery: string
  readonly code: string
  readonly message: string
}

/** One, named by its id: that needs no question. */
export async function doOne({ out, flags }: Invocation, { call }: Caller, fate: Fate, delivery: string): Promise<number> {
  const found = flags.on('dry-run') ? (await call('threads.trace', { id: delivery })).deliveries.find(({ id }) => id === delivery) : undefined
  const done = found ?? (await call(`mailbox.${fate}`, { delivery })).delivery
  const state = found ? 'planned' : DONE[fate]
  if (out.json) out.document({ state, deliveries: [done], failed: [] })
  else if (found) out.note(`${delivery} for ${peerName(done.to)} would be ${DONE[fate]}; nothing was changed.`)
  else out.line(fate === 'replay' ? `${delivery} waits for ${peerName(done.to)} again.` : `${delivery} for ${peerName(done.to)} is off the list.`)
  return EXIT.ok
}

/** All that a selection means: shown, confirmed, done one by one. What cannot be done is told and leaves the others alone. */
export async function doMany(invocation: Invocation, caller: Caller, fate: Fate, selection: Selection): Promise<number> {
  const { out, flags } = invocation
  const letters: DeadLetter[] = []
  for await (const letter of selectDead(caller, selection, out.now)) letters.push(letter)
  if (!out.json && letters.length > 0) showDead(out, letters)
  if (letters.length === 0 || flags.on('dry-run')) {
    const planned = letters.map(({ delivery }) => delivery)
    if (out.json) out.document({ state: flags.on('dry-run') ? 'planned' : DONE[fate], deliveries: planned, failed: [] })
    else out.note(letters.length === 0 ? 'No dead letter fits.' : `${plural(letters.length, 'dead letter')} would be ${DONE[fate]}; nothing was changed.`)
    return EXIT.ok
  }
  if (!(await isConfirmed(invocation, QUESTIONS[fate]))) {
    out.note('Nothing was changed.')
    return EXIT.failure
  }
  return await carryOut(invocation, caller, fate, letters)
}

async function carryOut({ out, environment }: Invocation, { call }: Caller, fate: Fate, letters: readonly DeadLetter[]): Promise<number> {
  const signal = environment.interrupted()
  const progress = startProgress(environment, out.json, `${fate}:`, letters.length)
  const deliveries: Delivery[] = []
  const failed: Failed[] = []
  let exit: number = EXIT.ok
  for (const { delivery } of letters) {
    if (signal.aborted) break
    try {
      deliveries.push((await call(`mailbox.${fate}`, { delivery: delivery.id })).delivery)
    } catch (error) {
      const { code, message, exit: status } = describeError(error)
      failed.push({ delivery: delivery.id, code, message })
      if (exit === EXIT.ok) exit = status
    }
    progress.advance(deliveries.length + failed.length)
  }
  progress.end()
  if (out.json) out.document({ state: DONE[fate], deliveries, failed })
  else out.line(`${plural(deliveries.length, 'dead letter')} ${DONE[fate]}.`)
  for (const { delivery, message } of failed) out.problem(`${delivery}: ${message}`)
  if (deliveries.length + failed.length === letters.length) return exit
  out.problem(`interrupted; not done: ${plural(letters.length - deliveries.length - failed.length, 'dead letter')}`)
  return EXIT.interrupted
}
