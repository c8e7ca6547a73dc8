/** The drill: a daemon under load is backed up, killed and restored, and its peers come back by themselves. */

import { join } from 'node:path'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { expect, test, vi } from 'vitest'
import { connect, type MusterPeer } from '../../client/index.ts'
import { decodeId } from '../../src/ids.ts'
import { DaemonProcess, registerPeer, TestHome } from '../support/daemon.ts'
import { workOffline } from '../support/offline-work.ts'
import { WireClient } from '../support/wire-client.ts'

const PATIENCE = { timeout: 40_000, interval: 20 }
const ASKERS = 6

/** What was accepted: the id of each message and what it said. */
type Accepted = Map<string, string>

interface Handling {
  readonly body: string
  times: number
  /** At least one of them was marked as one that may have been handled before. */
  marked: boolean
}

interface Load {
  readonly accepted: Accepted
  /** How each ask ended: its answer, or the code of its failure. */
  readonly ends: Map<string, string>
  /** Sends no more, and resolves when everything that was sent has ended. */
  stop(): Promise<void>
}

/** Sends without a pause: asks that wait for their answer, and notifies in between. */
function startLoad(asker: MusterPeer): Load {
  const [accepted, ends]: [Accepted, Map<string, string>] = [new Map(), new Map()]
  let going = true
  const ask = async (lane: number): Promise<void> => {
    for (let n = 0; going; n += 1) {
      const body = `ask ${lane}.${n}`
      const end = await asker.ask('worker', body).then(
        (answer) => answer.body,
        (error: { code: string }) => error.code,
      )
      ends.set(body, end)
      await nextTurn()
    }
  }
  const notify = async (): Promise<void> => {
    for (let n = 0; going; n += 1) {
      const { sent } = await asker.call('threads.notify', { to: 'worker', body: `notify ${n}`, causedBy: null }, { timeoutMs: Number.POSITIVE_INFINITY })
      for (const { message } of sent) accepted.set(message, `notify ${n}`)
      await nextTurn()
    }
  }
  const running = [...Array.from({ length: ASKERS }, (_, lane) => ask(lane)), notify()]
  return {
    accepted,
    ends,
    stop: async () => {
      going = false
      await Promise.all(running)
    },
  }
}

test('after a restore in the middle of a load, everything accepted before the backup is there and nothing is taken for something else', async () => {
  const home = new TestHome()
  const first = new DaemonProcess(home)
  let url = await first.url()
  const enrolment = home.token('enrolment')
  const [asking, working] = [await registerPeer(url, enrolment, 'asker'), await registerPeer(url, enrolment, 'worker')]
  const handled = new Map<string, Handling>()
  const errors: Error[] = []
  const note = (body: string, { id, redelivered, attempt }: { id: string; redelivered: boolean; attempt: number }): void => {
    const known = handled.get(id) ?? { body, times: 0, marked: false }
    expect(known.body, `${id} means one thing only`).toBe(body)
    handled.set(id, { ...known, times: known.times + 1, marked: known.marked || redelivered || attempt > 1 })
  }
  await using worker = await connect({
    url: () => url,
    token: working.token,
    onAsk: (body, context) => {
      note(body, context)
      return `answer to ${body}`
    },
    onNotify: note,
  })
  worker.on('error', (error) => errors.push(error))
  await using asker = await connect({ url: () => url, token: asking.token })
  const load = startLoad(asker)
  await vi.waitUntil(() => load.accepted.size > 80 && load.ends.size > 80, PATIENCE)

  // Whatever was accepted before the backup was asked for is in it; what came while it was written may be.
  const before = { accepted: new Map(load.accepted), ends: new Map(load.ends), handled: new Set(handled.keys()) }
  const admin = await WireClient.greet(url, home.token('admin'))
  const backup = join(home.path, 'backup')
  const made = await admin.call('node.backup', { path: backup })
  const atBackup = load.accepted.size
  await vi.waitUntil(() => load.accepted.size > atBackup + 80, PATIENCE)
  expect(await first.end('SIGKILL')).toEqual({ code: null, signal: 'SIGKILL' })
  const lost = new Map([...load.accepted].filter(([id]) => !before.accepted.has(id)))

  const restored = await workOffline(home.path, 'restore', { path: backup, dryRun: false })
  expect(restored.done).toMatchObject({ createdAt: made.createdAt, ended: 0, unreadable: false })
  await using second = new DaemonProcess(home)
  url = await second.url()
  const oldLife = made.incarnation

  // They come back by themselves: asks are answered again, in the new life.
  const endsBefore = load.ends.size
  await vi.waitUntil(() => load.ends.size > endsBefore + 50, PATIENCE)
  await load.stop()
  await using reader = await WireClient.greet(url, home.token('admin'))
  await vi.waitUntil(async () => (await reader.call('node.status', {})).queued === 0, PATIENCE)

  for (const [id, body] of before.accepted) expect((await reader.call('threads.trace', { id })).message, id).toMatchObject({ id, body })
  let gone = 0
  for (const [id, body] of lost) {
    const found = await reader.call('threads.trace', { id }).catch((error: { code: string }) => error.code)
    // What came while the backup was written is in it or not; it is never something else.
    if (typeof found === 'string') expect(found).toBe('not_found')
    else expect(found.message).toMatchObject({ id, body })
    if (found === 'not_found') gone += 1
  }
  expect(gone).toBeGreaterThan(0)
  const { node } = asker.hello
  expect(node.incarnation).toBe(restored.done?.['incarnation'])
  expect(node.incarnation).not.toBe(oldLife)

  // No ask hangs, and none has the answer of another. One whose thread the restore has undone says so.
  for (const [body, end] of load.ends) if (end !== `answer to ${body}`) expect(end).toBe('not_found')
  for (const [body, end] of before.ends) expect(end).toBe(`answer to ${body}`)
  // Handled twice is only what was in hand around the backup, and each time that is said.
  for (const [id, { times, marked, body }] of handled) if (times > 1) expect(marked, `${body} (${id}) was handled ${times} times`).toBe(true)
  const again = [...before.handled].filter((id) => (handled.get(id)?.times ?? 0) > 1)
  expect(again.length).toBeLessThanOrEqual(64)
  expect([...handled.keys()].some((id) => decodeId(id)?.tag === node.incarnation)).toBe(true)
  expect(errors.filter((error) => !/not_found|nothing of that name/.test(`${(error as { code?: string }).code} ${error.message}`))).toEqual([])
}, 120_000)
