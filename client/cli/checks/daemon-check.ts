import { findDaemon } from '../daemon-search.ts'
import { cliVersion } from '../version.ts'
import type { Check, Finding } from './check.ts'

/** Whether the daemon of this user runs and answers. */
export const daemonCheck: Check = {
  async run({ environment }) {
    return [{ subject: 'daemon', check: 'running', ...(await liveness(environment.paths)) }]
  },
}

async function liveness(paths: Parameters<typeof findDaemon>[0]): Promise<Omit<Finding, 'subject' | 'check'>> {
  const found = await findDaemon(paths)
  if (found.kind === 'none') return { state: 'fail', says: 'not running', hint: 'muster up starts it.' }
  const { pid, url } = found.file
  if (found.kind === 'stale') return { state: 'fail', says: `not running; pid ${pid} left ${paths.daemonFile} behind`, hint: 'muster up starts it.' }
  if (found.kind === 'silent') return { state: 'fail', says: `pid ${pid} does not answer at ${url}`, hint: 'muster logs may say why.' }
  const facts = { pid, url, version: found.version }
  const says = `${found.version} at ${url} (pid ${pid})`
  if (found.version === cliVersion()) return { state: 'ok', says, facts }
  return { state: 'warn', says: `${says}, and this muster is ${cliVersion()}`, hint: 'muster down && muster up starts the daemon of this version.', facts }
}
