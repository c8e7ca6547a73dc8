import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { onTestFailed, onTestFinished } from 'vitest'
import type { Agent } from './agent.ts'

/** Ends an agent with its test, also one that ran out of time. Where the test failed it reports what the agent did and keeps its folder. */
export function watched(agent: Agent): Agent {
  const { sandbox } = agent
  onTestFailed(async () => {
    process.stderr.write(await agent.report())
  })
  // Runs before the hook above.
  onTestFinished(async ({ task }) => {
    await agent[Symbol.asyncDispose]()
    if (task.result?.state !== 'fail') return sandbox.remove()
    // An agent copies itself into its home: a few of those that are kept fill a disk.
    rmSync(join(sandbox.home, '.codex', 'packages'), { recursive: true, force: true })
    process.stderr.write(`kept for a look: ${sandbox.folder}\n`)
  })
  return agent
}
