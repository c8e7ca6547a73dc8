import { test } from 'vitest'
import { type AgentName, missingAgents } from './programs.ts'

/** The `testTimeout` of these tests. */
const LIMIT_MS = 300_000
const HOW = 'node scripts/install-agents.mjs'

/**
 * A test that drives agent programs. Where one of them is not installed it is skipped, and named among what was not proved; with `CI` set it fails.
 *
 * @param idleMs - how long the body waits on purpose, beyond the limit of every such test
 */
export function agentTest(names: readonly AgentName[], title: string, body: () => Promise<void>, idleMs = 0): void {
  test(title, { timeout: LIMIT_MS + idleMs }, async (context) => {
    const missing = missingAgents(names)
    if (missing.length === 0) return await body()
    const note = `${missing.join(' and ')} not installed: ${HOW}`
    if (process.env['CI']) throw new Error(note)
    context.skip(note)
  })
}
