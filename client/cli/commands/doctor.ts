import { TARGETS } from '../../agents/install/targets.ts'
import { expectWords } from '../arguments.ts'
import type { Check, Finding } from '../checks/check.ts'
import { daemonCheck } from '../checks/daemon-check.ts'
import { databaseCheck } from '../checks/database-check.ts'
import { filesCheck } from '../checks/files-check.ts'
import { hostCheck } from '../checks/host-check.ts'
import { logCheck } from '../checks/log-check.ts'
import { nodeCheck } from '../checks/node-check.ts'
import { reachCheck } from '../checks/reach-check.ts'
import { runtimeCheck } from '../checks/runtime-check.ts'
import { serviceCheck } from '../checks/service-check.ts'
import { settingsCheck } from '../checks/settings-check.ts'
import type { Command, Invocation } from '../command.ts'
import { applyFixes, type FixOutcome, withAfter } from '../doctor-fix.ts'
import { EXIT } from '../exit-codes.ts'
import { describeError, usageError } from '../failure.ts'
import type { Output } from '../output.ts'
import { writeBundle } from '../support-bundle.ts'
import { safeLine } from '../text.ts'

export const command: Command = {
  usage: ['doctor [--fix [--dry-run]] [--bundle <file>]'],
  about: [
    'Looks whether everything is as it should be: the daemon, its port, clock, database, outbox and mail, this machine, the files, the settings, the service,',
    'and of each agent program whether it is found, which version, whether Muster is installed in it, when a hook last fired, and which of its',
    'sessions can be reached now. Changes nothing, unless --fix is given. Ends with 1 where something fails, after the fixes where it made some.',
  ],
  flags: {
    fix: { type: 'boolean', summary: 'Do what is safe: close files to other users, remove what dead processes left' },
    'dry-run': { type: 'boolean', summary: 'With --fix: show what it would do, and do nothing' },
    bundle: { type: 'string', value: 'file', summary: 'Write what somebody who helps you needs to a new file, without secrets and words of peers' },
  },
  examples: [
    ['muster doctor', 'look'],
    ['muster doctor --fix --dry-run', 'what would be put right'],
    ['muster doctor --bundle muster-support.json', 'a file to send to somebody who helps'],
    ['muster doctor --json', 'the same for a program'],
  ],
  run: doctor,
}

/** In the order in which they are shown. */
const CHECKS: readonly Check[] = [
  daemonCheck,
  nodeCheck,
  hostCheck,
  filesCheck,
  settingsCheck,
  logCheck,
  serviceCheck,
  ...Object.values(TARGETS).map(runtimeCheck),
  reachCheck,
]

async function doctor(invocation: Invocation): Promise<number> {
  const { words, flags, out } = invocation
  expectWords(words, [], 'doctor')
  const [fix, dryRun, bundle] = [flags.on('fix'), flags.on('dry-run'), flags.text('bundle')]
  if (dryRun && !fix) throw usageError('--dry-run says what --fix would do', 'muster doctor alone changes nothing.')
  const before = await examine(invocation)
  if (!out.json) show(out, before)
  const attempts = fix ? applyFixes(before, dryRun) : []
  const after = attempts.some(({ state }) => state !== 'planned') ? await examine(invocation) : undefined
  const fixes = withAfter(attempts, after)
  if (fix && !out.json) showFixes(out, fixes)
  const findings = after ?? before
  const written = bundle === undefined ? undefined : await writeBundle(invocation, findings, bundle)
  if (written !== undefined && !out.json) out.note(`Written to ${written}. Have a look at it before you send it to anybody.`)
  const failed = findings.some(({ state }) => state === 'fail')
  if (out.json) {
    const documents = findings.map(({ fixes: offered, ...finding }) => ({ ...finding, ...(offered?.length && { fixable: true }) }))
    out.document({ ok: !failed, findings: documents, ...(fix && { fixes }), ...(written !== undefined && { bundle: written }) })
  }
  return failed ? EXIT.failure : EXIT.ok
}

async function examine(invocation: Invocation): Promise<readonly Finding[]> {
  const found = await Promise.all(CHECKS.map(async (check) => await findingsOf(check, invocation)))
  // After the others: it stands still while SQLite reads, which would be on the time of what the others wait for.
  return bySubject([...found.flat(), ...(await findingsOf(databaseCheck, invocation))])
}

function show(out: Output, findings: readonly Finding[]): void {
  const rows = findings.map(({ subject, check, state, says }) => [subject, check, state, says])
  out.table(['WHAT', 'CHECK', 'STATE', 'FOUND'], rows)
  for (const { subject, hint } of findings) if (hint !== undefined) out.note(`${subject}: ${safeLine(hint)}`)
}

function showFixes(out: Output, fixes: readonly FixOutcome[]): void {
  out.line()
  if (fixes.length === 0) return out.line('There is nothing that --fix could put right.')
  const rows = fixes.map(({ subject, check, before, after, state, does, error }) => [subject, check, before, after, state, error ? `${does}: ${error}` : does])
  out.table(['WHAT', 'CHECK', 'BEFORE', 'AFTER', 'FIX', 'WHAT IT DOES'], rows)
}

/** A check that fails itself is a finding too: the others still say theirs. */
async function findingsOf(check: Check, invocation: Invocation): Promise<readonly Finding[]> {
  try {
    return await check.run(invocation)
  } catch (error) {
    const { message, hint } = describeError(error)
    return [{ subject: 'doctor', check: 'itself', state: 'fail', says: message, ...(hint !== undefined && { hint }) }]
  }
}

/** What is about one thing stands together, in the order in which the things first come up. */
function bySubject(findings: readonly Finding[]): readonly Finding[] {
  const subjects = [...new Set(findings.map(({ subject }) => subject))]
  return subjects.flatMap((subject) => findings.filter((finding) => finding.subject === subject))
}
