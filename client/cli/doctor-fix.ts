import type { Finding } from './checks/check.ts'
import { safeLine } from './text.ts'

/** What became of one fix, with the state of its finding before and after all of them. */
export interface FixOutcome {
  readonly subject: string
  readonly check: string
  readonly does: string
  /** `planned`: a dry run, which decides alike. */
  readonly state: 'planned' | 'done' | 'failed'
  readonly before: Finding['state']
  /** `null` in a dry run. */
  readonly after: Finding['state'] | null
  readonly error?: string
}

type Attempt = Omit<FixOutcome, 'after'>

/** Does what the findings offer, each on its own: one that fails keeps no other from being done. */
export function applyFixes(findings: readonly Finding[], dryRun: boolean): readonly Attempt[] {
  return findings.flatMap(({ subject, check, state, fixes = [] }) =>
    fixes.map(({ does, apply }) => {
      const about = { subject, check, does, before: state }
      if (dryRun) return { ...about, state: 'planned' as const }
      try {
        apply()
        return { ...about, state: 'done' as const }
      } catch (error) {
        return { ...about, state: 'failed' as const, error: safeLine(error instanceof Error ? error.message : String(error)) }
      }
    }),
  )
}

/** With what a second look found; `ok` where there is nothing to find any more. */
export function withAfter(attempts: readonly Attempt[], after: readonly Finding[] | undefined): readonly FixOutcome[] {
  return attempts.map((attempt) => {
    const found = after?.find(({ subject, check }) => subject === attempt.subject && check === attempt.check)
    return { ...attempt, after: after === undefined ? null : (found?.state ?? 'ok') }
  })
}
