import { timingSafeEqual } from 'node:crypto'
import type { Output, Parsed } from '../../src/contract/index.ts'
import { MusterError } from '../../src/errors.ts'
import { LIMITS } from '../../src/limits.ts'
import { formatTime } from '../../src/time.ts'
import { asPeer, type Caller, type Command, type PeerCaller, type Query } from '../caller.ts'
import { credentialLabel, findDevice, findPeer, isActive, requireLive, timeOrNull } from '../peers/index.ts'
import type { Outcome } from '../store/pipeline.ts'
import type { Reader } from '../store/store.ts'
import type { Tx } from '../store/transaction.ts'
import { actionOf, endAction, mustFind, requireWaiting } from './actions.ts'
import type { HandlerDeps } from './deps.ts'
import { type ActionRow, toAction } from './rows.ts'
import { COSTS, type Costs, SALT_BYTES, Stretcher } from './stretching.ts'

interface PassphraseRow extends Costs {
  readonly person_id: number
  readonly device_id: number
  readonly salt: Uint8Array
  readonly hash: Uint8Array
  readonly set_at: number
}

type State = Output<'passphrase.state'>
type Settle = (outcome: Outcome<unknown>) => void

const PERIOD = LIMITS.maxWrongPassphrases

/** Passphrases, which take longer than a command may: each is stretched ahead of the command that needs it. */
export class Passphrases {
  readonly #deps: HandlerDeps
  readonly #stretcher = new Stretcher()
  /** What a wrong passphrase is held against where there is none: it takes as long. */
  readonly #decoy: Uint8Array

  constructor(deps: HandlerDeps) {
    this.#deps = deps
    this.#decoy = deps.random(SALT_BYTES)
  }

  set(caller: Caller, input: Parsed<'passphrase.set'>, settle: Settle): void {
    this.#settle(this.#set(asPeer(caller), input), settle)
  }

  approve(caller: Caller, input: Parsed<'passphrase.approve'>, settle: Settle): void {
    this.#settle(this.#approve(caller, input), settle)
  }

  readonly clear: Command<'passphrase.clear'> = {
    run: (tx, caller) => {
      const { peerId } = asPeer(caller)
      if (tx.run('DELETE FROM passphrases WHERE person_id = ?', peerId) > 0)
        tx.event({ type: 'passphrase.cleared', actor: peerId, peer: peerId, audience: 'admin', subject: ['peer', peerId] })
      return this.#stateOf(tx, peerId)
    },
  }

  readonly state: Query<'passphrase.state'> = (reader, caller) => this.#stateOf(reader, asPeer(caller).peerId)

  #settle(done: Promise<unknown>, settle: Settle): void {
    done.then(
      (value) => settle({ ok: true, value }),
      (error: unknown) => {
        if (error instanceof MusterError) return settle({ ok: false, error })
        this.#deps.log.warn({ err: error }, 'a passphrase could not be looked at')
        settle({ ok: false, error: new MusterError('internal', {}, { cause: error }) })
      },
    )
  }

  async #set(caller: PeerCaller, { passphrase }: Parsed<'passphrase.set'>): Promise<State> {
    const { pipeline, random, tries } = this.#deps
    const salt = random(SALT_BYTES)
    const hash = await this.#stretcher.stretch(passphrase, salt, COSTS)
    await pipeline.execute((tx) => {
      requireLive(tx, caller)
      const { peerId, credentialId } = caller
      const { n, r, p } = COSTS
      const values = [peerId, credentialId, salt, hash, n, r, p, tx.now] as const
      tx.run('INSERT OR REPLACE INTO passphrases (person_id, device_id, salt, hash, n, r, p, set_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?)', ...values)
      const changed = { device: credentialLabel(tx, credentialId) }
      tx.event({ type: 'passphrase.set', actor: peerId, peer: peerId, audience: 'admin', subject: ['peer', peerId], changed })
    })
    await tries.forgive()
    return this.#stateOf(this.#deps.store, caller.peerId)
  }

  async #approve(caller: Caller, { action, passphrase }: Parsed<'passphrase.approve'>): Promise<Output<'passphrase.approve'>> {
    const { pipeline, store, tries } = this.#deps
    const row = ownAction(store, caller, action)
    const kept = passphraseOf(store, row.person_id)
    const wrong = await tries.begin()
    const hash = await this.#stretcher.stretch(passphrase, kept?.salt ?? this.#decoy, kept ?? COSTS)
    if (!kept || !timingSafeEqual(hash, kept.hash)) {
      await pipeline.execute((tx) => this.#noteWrong(tx, caller, row, wrong))
      throw wrongPassphrase()
    }
    await tries.forgive()
    return await pipeline.execute((tx) => this.#perform(tx, caller, action, kept))
  }

  /** Everything is looked at once more: stretching took its time. */
  #perform(tx: Tx, caller: Caller, id: string, held: PassphraseRow): Output<'passphrase.approve'> {
    requireLive(tx, caller)
    const row = ownAction(tx, caller, id)
    const kept = passphraseOf(tx, row.person_id)
    if (!kept || !timingSafeEqual(kept.hash, held.hash)) throw wrongPassphrase()
    const person = findPeer(tx, row.person_id)
    if (!person) throw new Error(`There is no person ${row.person_id}`)
    const { perform, callerOf, tell } = this.#deps
    const output = perform(tx, callerOf(person), row.operation, JSON.parse(row.input))
    endAction(tx, this.#deps, row.id, { state: 'done', how: 'passphrase', actor: person.id, output })
    tell(tx, person.id, `${row.operation} was done in your name, by your passphrase at a terminal: ${tx.id('action', row.id)}. Was that not you? ${REMEDY}`)
    return { action: toAction(tx, mustFind(tx, row.id)) }
  }

  #noteWrong(tx: Tx, caller: Caller, row: ActionRow, wrong: number): void {
    const actor = caller.kind === 'peer' ? caller.peerId : null
    this.#deps.log.warn({ wrong }, 'a wrong passphrase was given')
    tx.event({ type: 'passphrase.refused', actor, peer: row.person_id, audience: 'admin', subject: ['action', row.id], changed: { wrong } })
    if (wrong % PERIOD !== 0 || !isActive(tx, row.person_id)) return
    const minutes = LIMITS.passphrasePauseMs / 60_000
    const body = `${wrong} wrong passphrases have been given here, the last one in your name. None is looked at for ${minutes} minutes. Was that not you? ${REMEDY}`
    this.#deps.tell(tx, row.person_id, body)
  }

  #stateOf(reader: Reader, personId: number): State {
    const { tries, clock } = this.#deps
    const row = passphraseOf(reader, personId)
    const pausedForMs = tries.pausedForMs
    return {
      passphrase: {
        isSet: row !== undefined,
        setAt: timeOrNull(row?.set_at ?? null),
        device: row ? credentialLabel(reader, row.device_id) : null,
        wrong: tries.wrong,
        refusedUntil: pausedForMs === 0 ? null : formatTime(clock.wallMs() + pausedForMs),
      },
    }
  }
}

const REMEDY = 'Somebody knows it, or guesses: a paired device sets another or none.'

/** For who proposed it alone. @throws MusterError `not_found`, `already_closed` */
function ownAction(reader: Reader, caller: Caller, id: string): ActionRow {
  const row = actionOf(reader, caller, id)
  if (row.proposed_by !== (caller.kind === 'peer' ? caller.peerId : null)) throw new MusterError('not_found', { id })
  requireWaiting(row)
  return row
}

/** It ends with the device that set it: whoever had that could have set one of its own. */
function passphraseOf(reader: Reader, personId: number): PassphraseRow | undefined {
  const row = reader.get<PassphraseRow>('SELECT * FROM passphrases WHERE person_id = ?', personId)
  return row && findDevice(reader, row.device_id)?.revoked_at === null ? row : undefined
}

function wrongPassphrase(): MusterError {
  const hint = 'A paired device sets one; after a few wrong ones none is looked at for a while.'
  return new MusterError('forbidden', { reason: 'wrong_passphrase', hint }, { message: 'That is not the passphrase of the person, or none is set.' })
}

/** A restore brings none back: it may be one that was replaced because somebody knew it. */
export function forgetPassphrases(tx: Tx): void {
  tx.run('DELETE FROM passphrases')
}
