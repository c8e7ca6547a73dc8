import type { Source } from '../../src/contract/index.ts'
import { formatTime } from '../../src/time.ts'
import { timeOrNull } from '../peers/index.ts'
import type { IngressDeps } from './deps.ts'
import { keyOf, whyNoKey } from './proof.ts'
import { type SourceRow, verifyOf } from './rows.ts'
import { schemeOf } from './schemes.ts'
import { readSecret, type Secret, type SecretReference } from './secrets.ts'

/** Of the two secrets of a rotation. Where none is under way, there is the old one only. */
export type Which = 'old' | 'new'

/** The secrets of a source, as they stand now. */
export interface Secrets {
  readonly old: Secret
  /** `null` where no rotation is under way. */
  readonly new: Secret | null
  /** One secret stands in both places, so that one of them verifies nothing that the other does not. */
  readonly areSame: boolean
}

type Reading = Pick<IngressDeps, 'variable'>

export function secretsOf(row: SourceRow, { variable }: Reading): Secrets {
  const scheme = schemeOf(verifyOf(row))
  const read = (reference: string): Secret => {
    const found = readSecret(JSON.parse(reference) as SecretReference, variable)
    const why = found.ok ? whyNoKey(scheme, found.text) : undefined
    return why === undefined ? found : { ok: false, problem: `what stands where its secret should be ${why}` }
  }
  const [old, next] = [read(row.secret), row.new_secret === null ? null : read(row.new_secret)]
  return { old, new: next, areSame: old.ok && next?.ok === true && keyOf(scheme, old.text).equals(keyOf(scheme, next.text)) }
}

/** Those that can verify something, the newer one last. */
export function usable({ old, new: next, areSame }: Secrets): { readonly which: Which; readonly text: string }[] {
  const both = [
    { which: 'old', secret: old },
    { which: 'new', secret: areSame ? null : next },
  ] as const
  return both.flatMap(({ which, secret }) => (secret?.ok ? [{ which, text: secret.text }] : []))
}

/** Why none of them can be read; `null` where one can. */
export function whyNone({ old, new: next }: Secrets): string | null {
  if (old.ok || next?.ok) return null
  return next ? `${old.problem}; of the new one: ${next.problem}` : old.problem
}

/** Of two secrets, why one cannot be read; `null` where both can, and where there is one only. */
export function whyNotBoth({ old, new: next }: Secrets): string | null {
  if (next === null) return null
  if (!old.ok) return `of its old secret: ${old.problem}`
  return next.ok ? null : `of its new secret: ${next.problem}`
}

/** What keeps a rotation from being one, of either secret. */
export function rotationProblem(secrets: Secrets): string | null {
  return secrets.areSame ? `of its new secret: ${SAME}` : whyNotBoth(secrets)
}

const SAME = 'it is the same as the old one'

export function toRotation(row: SourceRow, secrets: Secrets): Source['rotation'] {
  const { secret, new_secret: next, rotating_since: since, old_used_at, new_used_at } = row
  if (next === null || since === null) return null
  const one = (reference: string, problem: string | null, usedAt: number | null) => ({
    secret: JSON.parse(reference) as SecretReference,
    problem,
    lastAt: timeOrNull(usedAt),
  })
  const [ofOld, ofNew] = [problemOf(secrets.old), secrets.areSame ? SAME : problemOf(secrets.new)]
  return { since: formatTime(since), old: one(secret, ofOld, old_used_at), new: one(next, ofNew, new_used_at) }
}

/** Why events would be lost if one secret were kept and the other dropped, in a sentence; `undefined` where nothing says so. */
export function whyKeepBoth(row: SourceRow, secrets: Secrets, keep: Which): string | undefined {
  const problem = keep === 'old' ? problemOf(secrets.old) : secrets.areSame ? SAME : problemOf(secrets.new)
  if (problem !== null) return `The ${keep} secret verifies nothing: ${problem}.`
  const { old_used_at: old, new_used_at: next } = row
  if (keep === 'new' && next === null) return 'No event has come yet that the new secret verifies.'
  const [kept, dropped] = keep === 'new' ? [next ?? 0, old ?? 0] : [old ?? 0, next ?? 0]
  return dropped > kept ? `The last event was one that the ${keep === 'new' ? 'old' : 'new'} secret verifies.` : undefined
}

function problemOf(secret: Secret | null): string | null {
  return secret === null || secret.ok ? null : secret.problem
}
