import { test } from 'vitest'
import { type AgentName, missingAgents } from './programs.ts'

const HOW = 'node scripts/install-agents.mjs'

/**
 * A test that drives agent programs. Where one of them is not installed it is skipped, and named among what was not proved; with `CI` set it fails.
 */
export function agentTest(names: readonly AgentName[], title: string, body: () => Promise<void>): void {
  test(title, async (context) => {
    const missing = missingAgents(names)
    if (missing.length === 0) return await body()
    const note = `${missing.join(' and ')} not installed: ${HOW}`
    if (process.env['CI']) throw new Error(note)
    context.skip(note)
  })
}
