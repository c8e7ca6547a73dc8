import { readdirSync } from 'node:fs'
import { beforeAll, describe, expect, it } from 'vitest'
import { buildOnce, cleanEnvironment, emptyFolder, isAlive, type Program, start } from './programs.ts'

/** What the transcript must show, in this order. */
const CREW = [
  /daemon +listens on http:\/\/127\.0\.0\.1:\d+/,
  /1\. The crew musters/,
  /lead +is connected as orchestrator peer_/,
  /lead +asks tester: “Is the login fix good\?”/,
  /tester +asks builder before it answers/,
  /tester +has the answer of builder/,
  /lead +has the answer of tester/,
  /lead +learns that its ask has ended: declined by writer, “Only a person speaks to customers\.”/,
  /builder +notifies every agent, which are/,
  /builder +asks writer, to be answered within 3 s/,
  /writer +is reminded by the daemon/,
  /builder +learns that its ask has ended: expired by the daemon/,
  /builder +gets a late answer of writer/,
  /tester +takes the ask of lead: “Run the whole test suite\.”/,
  /demo +kill -9 \d+: tester is gone/,
  /builder +notifies tester \(queued; reach: none\): “1:/,
  /daemon +keeps 4 messages for tester/,
  /tester +takes the ask of lead, redelivered \(attempt 2\): “Run the whole test suite\.”/,
  /tester +reads the news of builder: “1:/,
  /tester +reads the news of builder: “2:/,
  /tester +reads the news of builder: “3:/,
  /lead +has the answer of tester: “412 tests, all green\.”/,
  /demo +kill -9 \d+: the daemon is gone/,
  /daemon +is back at/,
  /lead +has the answer of builder: “You can log in again\.”/,
  /offered +tester, attempt 2/,
  /0 open asks, 0 deliveries waiting, 0 dead letters/,
  /Observed 16 of 16 events/,
]

/** The loop of an orchestrator, from the scan to the standby that closes the last ask. */
const ORCHESTRATOR = [
  /1\. The crew musters, and one leads/,
  /lead +leads main, with the fencing token \d+/,
  /second +stands by: lead leads main/,
  /lead +scans: .*builder .* 0 reviews are owed/,
  /lead +asks builder, within an hour: “Fix the login\.”/,
  /lead +asks tester, within an hour/,
  /lead +asks writer, within an hour/,
  /daemon +owes rvw_\S+ a look: branch "fix\/login" of "git\.example\/acme\/shop" at a1f3c5d7e9/,
  /lead +sets itself two check-ins/,
  /lead +hears from lead: “Is the announcement there\?”/,
  /lead +looks: 1 ask is open/,
  /daemon +a check-in suppressed: the thread is closed/,
  /builder +may not review it: builder touched it, and nobody reviews their own work\./,
  /tester +takes the ask of lead: “Please review branch/,
  /daemon +rvw_\S+ is reviewed by tester at a1f3c5d7e9: approve/,
  /builder +notifies lead: “I pushed a test for it\.”/,
  /tester +takes the ask of the daemon: “Its head moved from a1f3c5d7e9 to b2e4d6f8a0\./,
  /daemon +rvw_\S+ is reviewed by tester at b2e4d6f8a0: approve/,
  /daemon +0 reviews are owed/,
  /lead +hands over to second: 1 open ask, 0 owed reviews, and notes/,
  /lead +is refused with its old token/,
  /second +gets the answer of writer: “You can log in again\.”/,
  /0 open asks, 0 deliveries waiting, 0 dead letters/,
  /Observed 17 of 17 events/,
]

describe('the demo', () => {
  beforeAll(buildOnce)

  /** As a user starts it, with folders of its own in which to see what it leaves behind. */
  function play(...story: string[]): { readonly demo: Program; readonly home: string; readonly temporary: string } {
    const [home, temporary] = [emptyFolder(), emptyFolder()]
    const env = cleanEnvironment({ MUSTER_HOME: home, TMPDIR: temporary })
    return { demo: start(process.execPath, ['scripts/start.mjs', '--demo', ...story], { env }), home, temporary }
  }

  const pidsOf = (transcript: string): number[] => [...transcript.matchAll(/\(pid (\d+)\)/g)].map(([, pid]) => Number(pid))

  it.each([
    // Five processes at first, then tester and the daemon once more.
    { story: [], shown: CREW, processes: 7 },
    { story: ['orchestrator'], shown: ORCHESTRATOR, processes: 6 },
  ])('$story shows every named event in order, in well under a minute, and leaves nothing behind', async ({ story, shown, processes }) => {
    const startedAt = performance.now()
    const { demo, home, temporary } = play(...story)
    const { status, stdout, stderr } = await demo.ended
    expect(stderr).toBe('')
    let from = 0
    for (const expected of shown) {
      const at = stdout.slice(from).search(expected)
      expect(at, `${expected} after “${stdout.slice(0, from).split('\n').at(-2)}” in\n${stdout}`).toBeGreaterThanOrEqual(0)
      from += at
    }
    expect(stdout).not.toContain('MISSING')
    expect(status).toBe(0)
    expect(performance.now() - startedAt).toBeLessThan(60_000)
    expect(pidsOf(stdout)).toHaveLength(processes)
    expect(pidsOf(stdout).filter(isAlive)).toEqual([])
    expect(readdirSync(temporary).filter((name) => name.startsWith('muster'))).toEqual([])
    expect(readdirSync(home)).toEqual([])
  })

  it('fails, says what was not seen, and cleans up, when one of its processes is lost', async () => {
    const { demo, temporary } = play()
    const [, pid] = await demo.said(/writer +is connected as agent \S+ \(pid (\d+)\)/)
    process.kill(Number(pid), 'SIGKILL')
    const { status, stdout, stderr } = await demo.ended
    expect(status).toBe(1)
    expect(stderr).toMatch(/The demo failed: writer ended with SIGKILL/)
    expect(stdout).toContain('MISSING  an ask expired')
    expect(pidsOf(stdout).filter(isAlive)).toEqual([])
    expect(readdirSync(temporary).filter((name) => name.startsWith('muster'))).toEqual([])
  })
})
