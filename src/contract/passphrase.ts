import * as z from 'zod'
import { LIMITS } from '../limits.ts'
import { plainPassphrase } from '../plain-passphrase.ts'
import { Id, Line, Time } from './common.ts'
import { operation } from './operation.ts'
import { PersonAction } from './pairing.ts'

/** As it is typed: runs of spaces count as one, those at its ends not at all, and characters that look and mean alike are one (NFKC). */
const Typed = Line(LIMITS.maxPassphraseChars).min(1)

/** Whoever can read the database can guess at its own speed, so it must be worth a great many guesses. */
function isLong(typed: string): boolean {
  const chars = [...plainPassphrase(typed)]
  return chars.length >= LIMITS.minPassphraseChars && new Set(chars).size >= LIMITS.minPassphraseDifferent
}

const Chosen = Typed.refine(isLong, {
  error: `Too easily guessed: expected at least ${LIMITS.minPassphraseChars} characters, ${LIMITS.minPassphraseDifferent} of them different, such as five random words`,
})

/** What there is to know of a person's own passphrase. */
const PassphraseState = z.object({
  isSet: z.boolean(),
  setAt: Time.nullable(),
  /** The name of the device that set it; the passphrase ends with it. */
  device: z.string().nullable(),
  /** How many wrong ones were given on this node since the last right one, whoever's they should have been. */
  wrong: z.int(),
  /** Until when none is looked at, after too many wrong ones. */
  refusedUntil: Time.nullable(),
})

const State = z.object({ passphrase: PassphraseState })
const Nothing = z.strictObject({})
const onDevice = { none: 'It takes a paired device.' } as const
const noTool = { none: 'What makes a person is never offered to a model.' } as const

export const setPassphrase = operation({
  name: 'passphrase.set',
  kind: 'stream',
  access: 'person',
  summary: 'Set the passphrase by which a terminal has one operation done in your name; one that there was ends.',
  input: z.strictObject({ passphrase: Chosen }),
  output: State,
  doors: { http: 'PUT /v1/passphrase', cli: onDevice, mcp: noTool },
})

export const clearPassphrase = operation({
  name: 'passphrase.clear',
  kind: 'command',
  access: 'person',
  summary: 'Have no passphrase any more.',
  input: Nothing,
  output: State,
  doors: { http: 'DELETE /v1/passphrase', cli: onDevice, mcp: noTool },
})

export const statePassphrase = operation({
  name: 'passphrase.state',
  kind: 'query',
  access: 'person',
  summary: 'Whether you have a passphrase, and whether somebody has been guessing.',
  input: Nothing,
  output: State,
  doors: { http: 'GET /v1/passphrase', cli: onDevice, mcp: noTool },
})

export const approveByPassphrase = operation({
  name: 'passphrase.approve',
  kind: 'stream',
  access: 'reader',
  summary: "Have an action that you have proposed done in the person's name, by that person's passphrase. Where the operation is refused, the action waits on.",
  input: z.strictObject({ action: Id('action'), passphrase: Typed }),
  output: z.object({ action: PersonAction }),
  doors: { http: 'POST /v1/actions/:action/passphrase', cli: 'as-person', mcp: noTool },
})
