import { afterAll, expect } from 'vitest'

/** Sockets, servers and child processes. Timers are left out: the runner has its own. */
const HELD = /^(TCPSocketWrap|TCPServerWrap|TLSWrap|ProcessWrap|FSEventWrap|Worker)$/

// Registered before the hooks of the file, so it runs after them.
afterAll(async () => {
  // What was closed may take a turn or two of the loop to go.
  await expect
    .poll(() => process.getActiveResourcesInfo().filter((resource) => HELD.test(resource)), { timeout: 5_000, message: 'something was left open' })
    .toEqual([])
})
