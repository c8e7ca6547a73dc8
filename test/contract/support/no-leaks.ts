import { setImmediate } from 'node:timers/promises'
import { afterAll } from 'vitest'

/** Sockets, servers and child processes. Timers are left out: the runner has its own. */
const HELD = /^(TCPSocketWrap|TCPServerWrap|TLSWrap|ProcessWrap|FSEventWrap|Worker)$/
/** What was closed takes a few turns of the loop to go; what is there after this stays. */
const PATIENCE_MS = 5_000

const leaks = () => process.getActiveResourcesInfo().filter((resource) => HELD.test(resource))

// Registered before the hooks of the file, so it runs after them.
afterAll(async () => {
  const giveUpAt = performance.now() + PATIENCE_MS
  while (leaks().length > 0 && performance.now() < giveUpAt) await setImmediate()
  const left = leaks()
  if (left.length > 0) throw new Error(`Something was left open: ${left.join(', ')}`)
})
