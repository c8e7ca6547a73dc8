import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { bearerProxy } from '../../support/bearer-proxy.ts'
import { createTestDaemon } from '../../support/daemon.ts'
import { ABSENT, runProgram, WHY_SKIPPED } from './tools.ts'

/** How many entries the baseline of a revision has. The number may only go down. */
const BASELINES = { '2025-11-25': 27, '2026-07-28': 53 } as const

/** What a failure says that is for want of a fixture. Anything else is a fault of ours, whatever the baseline says. */
const FIXTURE_MISSING =
  /Not testable|Method not found|There is no tool (?:test_|greet|slow_compute|failing_job|protocol_error_job|confirm_delete|multi_input)|Tool 'json_schema_2020_12_tool' not found|Expected InputRequiredResult|Prerequisite failed/
/** Of the extension of tasks, which we do not have. */
const EXTENSION = /^tasks-/

interface Check {
  readonly scenario: string
  readonly id: string
  readonly status: string
  readonly errorMessage?: string
}

function checksIn(folder: string): Check[] {
  return readdirSync(folder).flatMap((run) => {
    const scenario = /^server-(.*)-\d{4}-\d\d-\d\dT/.exec(run)?.[1] ?? run
    const checks = JSON.parse(readFileSync(join(folder, run, 'checks.json'), 'utf8')) as Omit<Check, 'scenario'>[]
    return checks.map((check) => ({ ...check, scenario }))
  })
}

describe.each(Object.entries(BASELINES))('the official conformance suite, at revision %s', (revision, most) => {
  const baseline = fileURLToPath(new URL(`baseline-${revision}.yml`, import.meta.url))

  it('has a baseline that only shrinks', () => {
    const entries = readFileSync(baseline, 'utf8').match(/^ {2}- \S+$/gm) ?? []
    expect(entries.length).toBe(most)
    expect(new Set(entries).size).toBe(entries.length)
  })

  it('passes, but for what it would need fixtures for', async ({ skip }) => {
    skip(ABSENT, WHY_SKIPPED)
    const home = mkdtempSync(join(tmpdir(), 'muster-conformance-'))
    try {
      await using daemon = await createTestDaemon()
      const { token } = await daemon.register('conformance')
      await using proxy = await bearerProxy(daemon.url, token)
      const out = join(home, 'out')
      const args = ['server', '--url', `${proxy.url}/mcp`, '--requirements', revision, '--expected-failures', baseline, '-o', out]
      const { code, stdout } = await runProgram('conformance', args, home)
      expect(code, stdout.slice(-4_000)).toBe(0)
      const checks = checksIn(out)
      const passed = checks.filter(({ status }) => status === 'SUCCESS')
      const failed = checks.filter(({ status }) => status === 'FAILURE')
      console.info(`conformance ${revision}: ${passed.length} checks passed, ${failed.length} want fixtures`)
      expect(passed.length).toBeGreaterThan(30)
      const ours = failed.filter(({ scenario, errorMessage = '' }) => !EXTENSION.test(scenario) && !FIXTURE_MISSING.test(errorMessage))
      expect(ours).toEqual([])
    } finally {
      rmSync(home, { recursive: true, force: true })
    }
  })
})
