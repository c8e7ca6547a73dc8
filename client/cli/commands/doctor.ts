import { TARGETS } from '../../agents/install/targets.ts'
import { expectWords } from '../arguments.ts'
import type { Check, Finding } from '../checks/check.ts'
import { daemonCheck } from '../checks/daemon-check.ts'
import { reachCheck } from '../checks/reach-check.ts'
import { runtimeCheck } from '../checks/runtime-check.ts'
import type { Command, Invocation } from '../command.ts'
import { EXIT } from '../exit-codes.ts'
import { describeError } from '../failure.ts'
import { safeLine } from '../text.ts'

export const command: Command = {
  usage: ['doctor'],
  about: [
    'Looks whether everything is as it should be: the daemon, and of each agent program whether it is found, which version, whether Muster',
    'is installed in it, when a hook last fired, and which of its sessions can be reached now. Changes nothing. Ends with 1 where something fails.',
  ],
  flags: {},
  examples: [
    ['muster doctor', 'look'],
    ['muster doctor --json', 'the same for a program'],
  ],
  run: doctor,
}

/** In the order in which they are shown. */
const CHECKS: readonly Check[] = [daemonCheck, ...Object.values(TARGETS).map(runtimeCheck), reachCheck]

async function doctor(invocation: Invocation): Promise<number> {
  const { words, out } = invocation
  expectWords(words, [], 'doctor')
  const found = await Promise.all(CHECKS.map(async (check) => await findingsOf(check, invocation)))
  const findings = bySubject(found.flat())
  const failed = findings.some(({ state }) => state === 'fail')
  if (out.json) out.document({ ok: !failed, findings })
  else {
    const rows = findings.map(({ subject, check, state, says }) => [subject, check, state, says])
    out.table(['WHAT', 'CHECK', 'STATE', 'FOUND'], rows)
    for (const { subject, hint } of findings) if (hint !== undefined) out.note(`${subject}: ${safeLine(hint)}`)
  }
  return failed ? EXIT.failure : EXIT.ok
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
