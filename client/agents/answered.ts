import { findAgent } from './agent-process.ts'
import { forgetAsked, isAnythingAsked } from './asked-people.ts'
import type { HookOptions } from './hook.ts'
import { keyOfCall } from './identity.ts'
import { sessionFiles } from './session-files.ts'

/** What a hook of another moment proves: the tool that was asked for has run, or the session has gone on without it. */
export function noteAnswered(options: HookOptions): void {
  const { driver, event, input, door } = options
  if (!driver.dialog || event === 'permission' || event === 'idle' || !isAnythingAsked(door)) return
  const { call, key } = standingOf(options)
  if (key === undefined) return
  const files = sessionFiles(door, driver.name, key)
  if (event !== 'tool') {
    // A subagent that ends says nothing about what its session asks.
    if (!call.isOfSubagent && !call.isIrrelevant) forgetAsked(files)
    return
  }
  const done = driver.dialog.read(input)
  if (done) forgetAsked(files, done)
}

/** Which session a hook is of. */
export function standingOf({ driver, event, input, door, env, parentPid, look }: HookOptions) {
  const call = driver.readHook(event, input)
  const agent = findAgent(driver, parentPid, look)
  return { call, agent, key: keyOfCall(door, driver, env, call, agent) }
}
