import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { OPERATION_NAMES, OPERATIONS, type OperationName, type Output } from '../../../src/contract/index.ts'
import { changes, INPUTS } from './visibility/inputs.ts'
import { Oracle } from './visibility/oracle.ts'
import { type Leak, type Member, World } from './visibility/world.ts'

const WORLDS = Number(process.env['MUSTER_WORLDS'] ?? 6)
const LAST_SEED = 1_000_000
const SPARE_WORLDS = 12
/** Operations that end somebody: done last, or nobody would be left to look. */
const LAST: readonly OperationName[] = ['peers.retire', 'devices.revoke', 'credentials.revoke', 'enrolments.revoke']

/** Who may call an operation, as far as its credential goes. */
function callersOf(world: World, name: OperationName): Member[] {
  const { access } = OPERATIONS[name]
  if (access === 'enrolment') return [world.newcomer()]
  if (access === 'admin') return world.members.filter(({ role }) => role === 'admin')
  return access === 'peer' ? world.peers : world.members
}

interface Tally {
  readonly answered: Map<OperationName, number>
  readonly leaks: (Leak & { readonly operation: string })[]
}

/** Calls an operation as often as there are callers, or for what changes the world a few times. */
function exercise(world: World, name: OperationName, tally: Tally): void {
  const callers = world.random.shuffle(callersOf(world, name))
  for (const member of changes(name) ? callers.slice(0, 4) : callers) {
    const { ok, leaks } = world.call(member, name, INPUTS[name](world, member))
    if (ok) tally.answered.set(name, (tally.answered.get(name) ?? 0) + 1)
    tally.leaks.push(...leaks.map((leak) => ({ operation: name, ...leak })))
  }
  // What a wait was told in the end, and what else came with time.
  world.daemon.pass(1_000)
  tally.leaks.push(...world.leaks(world.any(), undefined).map((leak) => ({ operation: `after ${name}`, ...leak })))
}

/** Each of some 180 operations, by each of some ten callers: a world alone takes 4 s. */
const PATIENCE_MS = (WORLDS + SPARE_WORLDS) * 15_000

describe('no operation shows what its caller may not see', () => {
  it('in the table of inputs, no operation is left out', () => {
    expect(Object.keys(INPUTS).sort()).toEqual([...OPERATION_NAMES].sort())
  })

  it(
    'to anybody, in any world',
    async () => {
      const answered = new Map<OperationName, number>()
      const visit = async (seed: number): Promise<void> => {
        using world = await World.build(seed)
        const tally: Tally = { answered, leaks: [] }
        const order = [...world.random.shuffle(OPERATION_NAMES.filter((name) => !LAST.includes(name))), ...LAST]
        for (const name of order) exercise(world, name, tally)
        expect(tally.leaks, `seed ${seed}`).toEqual([])
        expect(world.daemon.errors).toEqual([])
      }
      await fc.assert(fc.asyncProperty(fc.integer({ min: 1, max: LAST_SEED }), visit), { numRuns: WORLDS, endOnFailure: true })
      // An operation that always refuses shows nothing: each that reads must have answered somebody. A file is sent over HTTP only.
      const silent = () => OPERATION_NAMES.filter((name) => !changes(name) && !answered.has(name))
      // What few may read may find nothing in so few worlds.
      for (let seed = LAST_SEED + 1; seed <= LAST_SEED + SPARE_WORLDS && silent().length > 1; seed += 1) await visit(seed)
      expect(silent()).toEqual(['artifacts.upload'])
    },
    PATIENCE_MS,
  )

  it('and a search finds all of it: what the oracle lets one see, and nothing else', async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: LAST_SEED }), async (seed) => {
        using world = await World.build(seed)
        for (const member of world.members) {
          const oracle = new Oracle(world.daemon, member.viewer)
          const said = world.daemon.rows<{ id: number }>("SELECT id FROM messages WHERE redacted_at IS NULL AND body LIKE '%common %' ORDER BY id")
          const wanted = said.filter(({ id }) => oracle.messages.has(id)).map(({ id }) => world.daemon.core.store.id('message', id))
          expect(allFound(world, member)).toEqual(wanted.reverse())
        }
      }),
      { numRuns: WORLDS, endOnFailure: true },
    )
  })

  it('and the events say what was said to all who may read it', async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: 1_000_000 }), async (seed) => {
        using world = await World.build(seed)
        for (const member of world.members) {
          const oracle = new Oracle(world.daemon, member.viewer)
          const about = eventsOf(world, member).map((event) => [event, messageOf(world, event)] as const)
          const wanted = about.filter(([, message]) => message !== undefined && oracle.messages.has(message))
          expect(about.flatMap(([{ preview }]) => (preview ? [world.daemon.number(preview.message)] : []))).toEqual(wanted.map(([, message]) => message))
          expect(member.role !== 'admin' || wanted.length > 20).toBe(true)
        }
      }),
      { numRuns: WORLDS, endOnFailure: true },
    )
  })
})

type Listed = Output<'events.list'>['events'][number]

function eventsOf({ daemon }: World, { client }: Member): Listed[] {
  const events: Listed[] = []
  for (let after = daemon.core.store.cursor(0), more = true; more; ) {
    const page = client.call('events.list', { after, limit: 200, preview: true })
    events.push(...page.events)
    after = page.cursor
    more = page.more
  }
  return events
}

/** The number of the message that an event is about, from the raw tables. */
function messageOf({ daemon }: World, { subject, changed }: Listed): number | undefined {
  const [kind] = subject?.split('_') ?? []
  if (subject === null || !['thr', 'msg', 'dlv'].includes(kind ?? '')) return undefined
  if (kind === 'msg') return daemon.number(subject)
  if (typeof changed['message'] === 'string') return daemon.number(changed['message'])
  const sql = kind === 'thr' ? 'SELECT head AS id FROM threads WHERE id = ?' : 'SELECT message_id AS id FROM deliveries WHERE id = ?'
  return daemon.row<{ id: number }>(sql, daemon.number(subject))?.id
}

/** What two searches find together, page by page, newest first. */
function allFound({ daemon }: World, { client }: Member): string[] {
  const found: string[] = []
  for (const text of ['"common words"', '"common things"']) {
    for (let cursor: string | null | undefined; cursor !== null; ) {
      const page = client.call('messages.search', { text, limit: 17, ...(cursor !== undefined && { cursor }) })
      found.push(...page.hits.map(({ message }) => message))
      cursor = page.cursor
    }
  }
  return found.sort((a, b) => daemon.number(b) - daemon.number(a))
}
