import type { RuntimeDriver } from './driver.ts'
import { isProgram, json, readCommonHook } from './hook-input.ts'

/** OpenCode, through the plugin in opencode-plugin.ts, which calls the hooks and understands their answers. Tried with 1.18.33. */
export const opencode: RuntimeDriver = {
  name: 'opencode',
  shortName: 'opencode',
  title: 'OpenCode',
  capabilities: { idleWake: 'plugin', betweenTools: true, endOfTurn: true, permission: true, transcript: true },
  hooks: [],
  sessions: 'process',
  hostsSeveral: false,
  isAgent: (args) => isProgram(args, 'opencode'),
  sessionIn: () => undefined,
  sessionOfCall: () => undefined,
  readHook(_event, input) {
    const seen = input['seen']
    return { ...readCommonHook(input), seen: Array.isArray(seen) ? seen.filter((id) => typeof id === 'string') : [] }
  },
  writeHook: (_event, digest) => json({ text: digest }),
  isProof: () => true,
  isInterruption: () => false,
}
