import { applyPlan } from '../agents/install/install-apply.ts'
import { type InstallPlan, type Preview, recordFor } from '../agents/install/install-plan.ts'
import { shellLine } from '../agents/install/muster-command.ts'
import { SCOPES, type Site, type Target } from '../agents/install/target.ts'
import { TARGETS } from '../agents/install/targets.ts'
import { unifiedDiff } from '../agents/install/unified-diff.ts'
import { expectWords } from './arguments.ts'
import { installing, showChange } from './changes.ts'
import type { Invocation } from './command.ts'
import { CONFIRM_FLAGS, isConfirmed } from './confirm.ts'
import { EXIT } from './exit-codes.ts'
import { usageError } from './failure.ts'
import type { Flag } from './flags.ts'
import { siteOf } from './install-site.ts'
import { nearest } from './nearest.ts'
import type { Output } from './output.ts'
import { safeText } from './text.ts'

export const INSTALL_FLAGS = {
  ...CONFIRM_FLAGS,
  scope: { type: 'string', value: 'scope', summary: 'user, or project: the configuration of this folder (user)' },
} as const satisfies Record<string, Flag>

/** Which runtime, and where. */
export interface Errand {
  readonly target: Target
  readonly site: Site
}

/** Reads what `install` and `uninstall` have in common. */
export function readErrand({ words, flags, environment }: Invocation, verb: 'install' | 'uninstall'): Errand {
  expectWords(words, ['runtime'], `${verb} <runtime>`)
  const [word = ''] = words
  const target: Target | undefined = Object.hasOwn(TARGETS, word) ? TARGETS[word as keyof typeof TARGETS] : undefined
  if (!target) {
    const near = nearest(word, Object.keys(TARGETS))
    const hint = near ? `Did you mean muster ${verb} ${near}?` : `Expected one of: ${Object.keys(TARGETS).join(', ')}.`
    throw usageError(`there is no runtime "${word}"`, hint)
  }
  return { target, site: siteOf(environment, target, flags.choice('scope', SCOPES) ?? 'user') }
}

/** Every file that changes, and by what. */
function previewsOf({ changes, preview }: InstallPlan): readonly Preview[] {
  return [...(preview ? [preview] : []), ...changes.map(({ path, before, after }) => ({ path, before: before?.text, after }))]
}

/** What a plan does, for a program. */
export function planDocument(target: Target, plan: InstallPlan): Readonly<Record<string, unknown>> {
  const files = previewsOf(plan).map(({ path, before, after }) => ({ path, action: actionOn(before, after), diff: unifiedDiff(path, before, after) }))
  return { files, commands: plan.commands.map(({ args }) => [target.program, ...args]) }
}

/**
 * Shows a plan, asks, and does it.
 *
 * @returns the exit status where nothing was done; `undefined` where it was
 */
export async function carryOut(
  invocation: Invocation,
  { target, site }: Errand,
  plan: InstallPlan,
  about: Readonly<Record<string, unknown>>,
): Promise<number | undefined> {
  const { out, flags } = invocation
  if (!out.json) showPlan(out, target, plan)
  if (flags.on('dry-run')) {
    if (out.json) out.document({ ...about, state: 'planned' })
    else out.note('Nothing was changed.')
    return EXIT.ok
  }
  if (!(await isConfirmed(invocation))) {
    out.note('Nothing was changed.')
    return EXIT.failure
  }
  await installing(applyPlan(plan, recordFor(target, site)))
  return undefined
}

/** What a plan does, for a person. */
function showPlan(out: Output, target: Target, plan: InstallPlan): void {
  for (const { args } of plan.commands) out.line(`runs: ${safeText(shellLine({ argv: [target.program, ...args], env: {} }))}`)
  for (const preview of previewsOf(plan)) showChange(out, preview)
}

function actionOn(before: string | undefined, after: string | undefined): 'create' | 'change' | 'remove' {
  if (before === undefined) return 'create'
  return after === undefined ? 'remove' : 'change'
}
