import { rmSync } from 'node:fs'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Input, Output } from '../../../src/contract/index.ts'
import { LIMITS } from '../../../src/limits.ts'
import { TestHome } from '../../support/daemon.ts'
import { type CoreClient, faultyDriver, sqliteError, TestCore } from '../../support/test-core.ts'

type Search = Input<'messages.search'>
type Hit = Output<'messages.search'>['hits'][number]

const DAY_MS = 86_400_000

/** What a peer finds, once the index has had its time. */
function find(daemon: TestCore, who: CoreClient, text: string, filter: Partial<Search> = {}): Output<'messages.search'> {
  daemon.pass(LIMITS.indexEveryMs)
  return who.call('messages.search', { text, ...filter })
}

const whole = ({ snippet }: Hit) => snippet.parts.map(({ text }) => text).join('')
const marked = ({ snippet }: Hit) => snippet.parts.flatMap(({ text, match }) => (match ? [text] : []))
const bodies = (found: Output<'messages.search'>) => found.hits.map(whole)

async function crew() {
  const daemon = await TestCore.start()
  const [ada, bob, cy] = [daemon.join('ada'), daemon.join('bob'), daemon.join('cy')]
  const tell = (from: CoreClient, to: string, body: string) =>
    from.call('threads.notify', { to, body, causedBy: null }).sent[0] as { thread: string; message: string }
  return { daemon, ada, bob, cy, tell, [Symbol.dispose]: () => daemon.stop() }
}

describe('what is looked for', () => {
  it('is words, in any case and without accents, all of them, newest first', async () => {
    using world = await crew()
    const { daemon, ada, bob, tell } = world
    tell(ada, 'bob', 'The café opens at nine')
    tell(ada, 'bob', 'The CAFE is closed')
    tell(ada, 'bob', 'Tea is served at nine')
    expect(bodies(find(daemon, bob, 'cafe'))).toEqual(['The CAFE is closed', 'The café opens at nine'])
    expect(bodies(find(daemon, bob, 'NINE café'))).toEqual(['The café opens at nine'])
    expect(find(daemon, bob, 'nine closed')).toMatchObject({ hits: [], cursor: null, complete: true })
  })

  it('is phrases, beginnings of words, and names with signs in them', async () => {
    using world = await crew()
    const { daemon, ada, bob, tell } = world
    tell(ada, 'bob', 'the build of main failed')
    tell(ada, 'bob', 'main: build failed in src/store.ts')
    expect(bodies(find(daemon, bob, '"build failed"'))).toEqual(['main: build failed in src/store.ts'])
    expect(bodies(find(daemon, bob, 'src/store.ts'))).toEqual(['main: build failed in src/store.ts'])
    expect(bodies(find(daemon, bob, 'fail*')).length).toBe(2)
    expect(bodies(find(daemon, bob, '"of ma"*'))).toEqual(['the build of main failed'])
    expect(bodies(find(daemon, bob, 'fail'))).toEqual([])
  })

  it('is never syntax: what means something to FTS5 is read as words', async () => {
    using world = await crew()
    const { daemon, ada, bob, tell } = world
    tell(ada, 'bob', 'this OR that AND NOT NEAR body facts')
    for (const text of ['this OR that', 'NOT that', 'AND', 'NEAR (this)', 'body : this', '-this', '^this', '{body}: that', "'that'", 'this + that', '(that)'])
      expect([text, find(daemon, bob, text).hits.length]).toEqual([text, 1])
    for (const text of ['this OR other', 'NEAR(this that)', 'that NOT other', 'NOT other'])
      expect([text, find(daemon, bob, text).hits.length]).toEqual([text, 0])
    expect(find(daemon, bob, `facts : "p${daemon.number(ada.id)}"`).hits).toEqual([])
  })

  it.each([
    ['"', 'quotation mark'],
    ['say "this', 'quotation mark'],
    ['...', 'at least one word'],
    ['***', 'at least one word'],
    ['""', 'at least one word'],
    ['a*', 'at least 2 letters'],
    [Array(17).fill('x').join(' '), 'At most 16'],
    ['aa* bb* cc*', 'At most 2'],
  ])('%j is refused, and the error says why', async (text, why) => {
    using world = await crew()
    expect(world.bob.refusal('messages.search', { text })).toMatchObject({ code: 'invalid_input', hint: expect.stringContaining(why) })
  })

  it('is never answered with an error that nobody foresaw, whatever it is', async () => {
    using world = await crew()
    const { daemon, ada, bob, tell } = world
    tell(ada, 'bob', 'a word or two')
    daemon.pass(LIMITS.indexEveryMs)
    const signs = fc.constantFrom(
      '"',
      '*',
      '(',
      ')',
      ':',
      '-',
      '+',
      '^',
      '{',
      '}',
      'AND',
      'OR',
      'NOT',
      'NEAR',
      ' ',
      'word',
      '\\',
      "'",
      ';',
      '\u00e9',
      '\u0301',
      '\u{1F44D}',
      '\u3042',
    )
    const text = fc.oneof(
      fc.array(signs, { minLength: 1, maxLength: 12 }).map((parts) => parts.join('')),
      fc.string({ minLength: 1, unit: 'binary', maxLength: 40 }),
    )
    fc.assert(
      fc.property(text, fc.boolean(), (text, rank) => {
        const id = bob.post('messages.search', { text, rank })
        daemon.pass(0)
        const frame = bob.frames.find((candidate) => candidate.id === id)
        expect(frame?.error ? frame.error.data.code : 'found').toMatch(/^(found|invalid_input)$/)
      }),
      { numRuns: 400 },
    )
    expect(daemon.errors).toEqual([])
  })
})

describe('a snippet', () => {
  it('marks what was found in parts of their own, and joins to the text as it was', async () => {
    using world = await crew()
    const { daemon, ada, bob, tell } = world
    tell(ada, 'bob', 'Deploy <b>now</b>, or deploy later: «deployment» is planned')
    const [hit] = find(daemon, bob, 'deploy planned').hits as [Hit]
    expect(marked(hit)).toEqual(['Deploy', 'deploy', 'planned'])
    expect(whole(hit)).toBe('Deploy <b>now</b>, or deploy later: «deployment» is planned')
    expect(marked(find(daemon, bob, 'deploy*').hits[0] as Hit)).toEqual(['Deploy', 'deploy', 'deployment'])
  })

  it('shows the place that holds most of it, says that there is more, and splits no character', async () => {
    using world = await crew()
    const { daemon, ada, bob, tell } = world
    tell(ada, 'bob', `alpha ${'👍'.repeat(400)} ${'x '.repeat(300)} alpha beta gamma ${'👍'.repeat(400)}`)
    const [hit] = find(daemon, bob, 'alpha beta gamma').hits as [Hit]
    expect(marked(hit)).toEqual(['alpha', 'beta', 'gamma'])
    expect(hit.snippet.more).toEqual({ before: true, after: true })
    expect(whole(hit).length).toBeLessThanOrEqual(240)
    expect(whole(hit)).not.toMatch(/\p{Surrogate}/u)
  })

  it('is a piece of its message, whatever that says, and takes no time that grows with the matches', async () => {
    using world = await crew()
    const { daemon, ada, bob, tell } = world
    const body = 'a '.repeat(LIMITS.maxBodyBytes / 2)
    tell(ada, 'bob', body)
    const started = performance.now()
    const [hit] = find(daemon, bob, '"a a a a a a a a"', { rank: true }).hits as [Hit]
    expect(body).toContain(whole(hit))
    expect(performance.now() - started).toBeLessThan(5_000)
    fc.assert(
      fc.property(fc.string({ unit: 'binary', minLength: 1, maxLength: 600 }), (noise) => {
        const said = `${noise.replaceAll(/\p{Surrogate}/gu, '')} needle ${noise.replaceAll(/\p{Surrogate}/gu, '')}`
        const sent = tell(ada, 'cy', said)
        const found = find(daemon, world.cy, 'needle', { thread: sent.thread }).hits[0] as Hit
        expect(said).toContain(whole(found))
        expect(marked(found)).toContain('needle')
      }),
      { numRuns: 60 },
    )
  })
})

describe('a search is narrowed down', () => {
  it('by peer, sender, thread, circle and kind', async () => {
    using world = await crew()
    const { daemon, ada, bob, cy, tell } = world
    const first = ada.call('threads.ask', { to: 'bob', body: 'word one' }).sent[0] as { thread: string }
    bob.call('threads.answer', { thread: first.thread, body: 'word two' })
    tell(cy, 'ada', 'word three')
    const other = daemon.join('ops', { circle: 'other' })
    other.call('threads.notify', { to: other.id, body: 'word four' })
    expect(bodies(find(daemon, daemon.admin, 'word'))).toEqual(['word four', 'word three', 'word two', 'word one'])
    expect(bodies(find(daemon, ada, 'word', { peer: 'bob' }))).toEqual(['word two', 'word one'])
    expect(bodies(find(daemon, ada, 'word', { from: 'bob' }))).toEqual(['word two'])
    expect(bodies(find(daemon, ada, 'word', { thread: first.thread, kind: 'answer' }))).toEqual(['word two'])
    expect(bodies(find(daemon, daemon.admin, 'word', { circle: 'other' }))).toEqual(['word four'])
    expect(bodies(find(daemon, ada, 'word', { circle: 'main', kind: 'notify' }))).toEqual(['word three'])
    expect(ada.refusal('messages.search', { text: 'word', circle: 'other' })).toMatchObject({ code: 'not_found' })
    expect(ada.refusal('messages.search', { text: 'word', peer: other.id })).toMatchObject({ code: 'not_found' })
    expect(ada.refusal('messages.search', { text: 'word', peer: 'role:agent' })).toMatchObject({ code: 'invalid_input' })
  })

  it('by time, to the millisecond, also where the clock has stepped back', async () => {
    using world = await crew()
    const { daemon, ada, bob, tell } = world
    const at = () => new Date(daemon.clock.wallMs()).toISOString()
    tell(ada, 'bob', 'word one')
    daemon.pass(DAY_MS)
    const [noon, sent] = [at(), tell(ada, 'bob', 'word two')]
    daemon.clock.stepWall(-3 * DAY_MS)
    tell(ada, 'bob', 'word three')
    const found = find(daemon, bob, 'word', { since: noon, until: new Date(Date.parse(noon) + 1).toISOString() })
    expect(found.hits.map(({ message }) => message)).toEqual([sent.message])
    expect(bodies(find(daemon, bob, 'word', { until: noon }))).toEqual(['word three', 'word one'])
    expect(bodies(find(daemon, bob, 'word', { since: new Date(Date.parse(noon) + 9 * DAY_MS).toISOString() }))).toEqual([])
    expect(bob.refusal('messages.search', { text: 'word', since: noon, until: noon })).toMatchObject({ code: 'invalid_input' })
  })

  it('by a peer that was told the same, only where the caller sees the whole thread', async () => {
    using world = await crew()
    const { daemon, ada, bob, cy } = world
    ada.call('threads.notify', { to: 'role:agent', select: 'all', body: 'word to everybody', causedBy: null })
    expect(find(daemon, bob, 'word').hits.length).toBe(1)
    for (const [who, peer, count] of [
      [bob, 'bob', 1],
      [bob, 'ada', 1],
      // Who else was told is not bob's to know.
      [bob, 'cy', 0],
      [ada, 'cy', 1],
      [daemon.admin, cy.id, 1],
    ] as const)
      expect([peer, find(daemon, who, 'word', { peer }).hits.length]).toEqual([peer, count])
  })

  it('and by a peer that has retired, named by its id', async () => {
    using world = await crew()
    const { daemon, ada, bob, tell } = world
    tell(bob, 'ada', 'word of farewell')
    bob.call('peers.retire', { reason: 'done' })
    expect(bodies(find(daemon, ada, 'farewell', { from: bob.id }))).toEqual(['word of farewell'])
    expect(ada.refusal('messages.search', { text: 'word', from: 'bob' })).toMatchObject({ code: 'not_found' })
  })
})

/** The messages of all pages, while more are sent. */
function allPages(daemon: TestCore, who: CoreClient, filter: Partial<Search>, between: () => void): string[] {
  const seen: string[] = []
  for (let cursor: string | null | undefined; cursor !== null; between()) {
    const page = find(daemon, who, 'word', { limit: 7, ...filter, ...(cursor !== undefined && { cursor }) })
    seen.push(...page.hits.map(({ message }) => message))
    cursor = page.cursor
  }
  return seen
}

describe('pages', () => {
  it('follow each other without a gap or a repeat, whatever is said meanwhile', async () => {
    using world = await crew()
    const { daemon, ada, bob, tell } = world
    const sent = Array.from({ length: 25 }, (_, index) => tell(ada, 'bob', `word ${'word '.repeat(index % 7)}${index}`).message)
    const more = () => void tell(ada, 'bob', 'word meanwhile')
    expect(allPages(daemon, bob, {}, more)).toEqual([...sent].reverse())
    const ranked = allPages(daemon, bob, { rank: true }, more)
    expect(new Set(ranked).size).toBe(ranked.length)
    expect(ranked).toEqual(expect.arrayContaining(sent))
    for (const cursor of ['x', 'msg_k7qm2x1.99999', 'msg_zzzzzz1']) {
      expect(bob.refusal('messages.search', { text: 'word', cursor }).code).toMatch(/^(invalid_input|not_found)$/)
    }
  })

  it('of a ranked search begin with what says it most, in the fewest words', async () => {
    using world = await crew()
    const { daemon, ada, bob, tell } = world
    tell(ada, 'bob', 'lease lease lease')
    tell(ada, 'bob', `the lease is mentioned ${'among many other things '.repeat(8)}`)
    tell(ada, 'bob', 'a lease and a lease')
    expect(bodies(find(daemon, bob, 'lease', { rank: true }))[0]).toBe('lease lease lease')
    expect(bodies(find(daemon, bob, 'lease', { rank: true }))[2]).toContain('mentioned')
    expect(bodies(find(daemon, bob, 'lease'))[0]).toBe('a lease and a lease')
  })
})

describe('what is gone', () => {
  it('is found no more once it is redacted, and its words leave the index', async () => {
    using world = await crew()
    const { daemon, ada, bob, tell } = world
    tell(ada, 'bob', 'nothing to hide')
    const { message } = tell(ada, 'bob', 'the password is xyzzy42')
    expect(find(daemon, bob, 'xyzzy42').hits.length).toBe(1)
    const holds = () => daemon.rows<{ block: Buffer }>('SELECT block FROM message_index_data').some(({ block }) => block.includes('xyzzy42'))
    expect(holds()).toBe(true)
    ada.call('threads.redact', { message, reason: 'a secret' })
    expect(find(daemon, bob, 'xyzzy42').hits).toEqual([])
    expect(find(daemon, bob, 'redacted').hits).toEqual([])
    expect(holds()).toBe(false)
    expect(find(daemon, bob, 'hide').hits.length).toBe(1)
    daemon.db.exec("INSERT INTO message_index (message_index) VALUES ('integrity-check')")
  })

  it('is found no more where it was redacted before the index got to it', async () => {
    using world = await crew()
    const { daemon, ada, bob, tell } = world
    const { message } = tell(ada, 'bob', 'the password is xyzzy42')
    ada.call('threads.redact', { message, reason: 'a secret' })
    expect(find(daemon, bob, 'xyzzy42').hits).toEqual([])
    ada.call('threads.redact', { message, reason: 'again' })
    expect(find(daemon, bob, 'password').hits).toEqual([])
  })

  it('is found no more after its time, and neither are the hours of which nothing is left', async () => {
    using world = await crew()
    const { daemon, ada, bob, tell } = world
    const old = tell(ada, 'bob', 'word of old')
    bob.ack(...bob.deliveries())
    daemon.pass(LIMITS.closedThreadMs - 3_600_000)
    tell(ada, 'bob', 'word of new')
    bob.ack(...bob.deliveries())
    expect(find(daemon, bob, 'word').hits.length).toBe(2)
    daemon.pass(3 * 3_600_000)
    expect(daemon.row('SELECT 1 FROM messages WHERE id = ?', daemon.number(old.message))).toBeUndefined()
    expect(bodies(find(daemon, bob, 'word'))).toEqual(['word of new'])
    expect(daemon.rows('SELECT * FROM search_hours').length).toBe(1)
    daemon.db.exec("INSERT INTO message_index (message_index) VALUES ('integrity-check')")
    expect(daemon.errors).toEqual([])
  })
})

describe('the index', () => {
  it('takes nothing in the transaction that sends, and is filled soon after, also while the node is never quiet', async () => {
    using world = await crew()
    const { daemon, ada, bob, tell } = world
    tell(ada, 'bob', 'word')
    expect(bob.call('messages.search', { text: 'word' })).toMatchObject({ hits: [], complete: false })
    daemon.pass(LIMITS.indexQuietMs + 1)
    expect(bob.call('messages.search', { text: 'word' })).toMatchObject({ complete: true, hits: [{ kind: 'notify' }] })
    tell(ada, 'bob', 'busy')
    let waited = 0
    for (; waited <= LIMITS.indexEveryMs && bob.call('messages.search', { text: 'busy' }).hits.length === 0; waited += 10) {
      daemon.pass(10)
      ada.call('peers.describe', { description: `at work ${waited}` })
    }
    expect(waited).toBeGreaterThan(LIMITS.indexQuietMs * 2)
    expect(waited).toBeLessThanOrEqual(LIMITS.indexEveryMs)
  })

  it('costs a quiet node nothing', async () => {
    using world = await crew()
    const { daemon, ada, bob, tell } = world
    const batchesIn = (ms: number) => {
      const { batches } = daemon.core.pipeline.stats
      daemon.pass(ms)
      return daemon.core.pipeline.stats.batches - batches
    }
    const before = batchesIn(600_000)
    tell(ada, 'bob', 'word')
    bob.ack(...bob.deliveries())
    daemon.pass(60_000)
    expect(batchesIn(600_000)).toBeLessThanOrEqual(before)
  })

  it('that was deleted is made anew, in steps that a crash interrupts and does not undo', async () => {
    const home = new TestHome()
    try {
      const path = `${home.path}/muster.db`
      const first = await TestCore.start({ path })
      const [ada, bob] = [first.join('ada'), first.join('bob')]
      const count = 3 * LIMITS.indexMessages
      for (let index = 0; index < count; index += 1) {
        ada.call('threads.notify', { to: 'bob', body: `word ${index}`, topic: 'x' })
        bob.ack(...bob.deliveries())
      }
      expect(find(first, bob, 'word', { limit: 200 }).complete).toBe(true)
      const { token } = bob
      first.stop()
      {
        const { default: Database } = await import('better-sqlite3')
        const db = new Database(path)
        db.exec('DROP TABLE message_index')
        db.close()
      }
      const second = await TestCore.start({ path })
      const cursor = () => second.row<{ message: number }>('SELECT message FROM search_cursor')?.message ?? 0
      expect(cursor()).toBe(0)
      // One command at a time, and the process dies after the first.
      second.core.pipeline.afterBatch(() => {
        if (cursor() > 0) second.crash()
      })
      second.pass(1_000)
      const third = await TestCore.start({ path })
      const resumed = third.row<{ message: number }>('SELECT message FROM search_cursor')?.message ?? 0
      expect([resumed > 0, resumed < count]).toEqual([true, true])
      const again = third.connect(token)
      let found = 0
      let next: string | undefined
      do {
        const page = find(third, again, 'word', { limit: 200, ...(next !== undefined && { cursor: next }) })
        found += page.hits.length
        next = page.cursor ?? undefined
      } while (next !== undefined)
      expect(found).toBe(count)
      expect([...second.errors, ...third.errors]).toEqual([])
      third.stop()
    } finally {
      rmSync(home.path, { recursive: true, force: true })
    }
  })

  it('that is damaged is made anew, and keeps nobody from sending or redacting', async () => {
    using world = await crew()
    const { daemon, ada, bob, tell } = world
    const { message } = tell(ada, 'bob', 'word one')
    expect(find(daemon, bob, 'word').hits.length).toBe(1)
    daemon.db.unsafeMode(true)
    daemon.db.exec('DELETE FROM message_index_data')
    daemon.db.unsafeMode(false)
    ada.call('threads.redact', { message, reason: 'x' })
    tell(ada, 'bob', 'word two')
    daemon.pass(LIMITS.backoffLastMs)
    expect(bodies(find(daemon, bob, 'word'))).toEqual(['word two'])
  })

  it('waits while the disk is full', async () => {
    let full = false
    const daemon = await TestCore.start({
      driver: faultyDriver((sql) => {
        if (full && sql.startsWith('INSERT INTO message_index')) throw sqliteError('SQLITE_FULL')
      }),
    })
    const [ada, bob] = [daemon.join('ada'), daemon.join('bob')]
    ada.call('threads.notify', { to: 'bob', body: 'word' })
    expect(bob.call('node.status', {}).search).toEqual({ behind: 1, oldestAt: expect.any(String), failures: 0 })
    full = true
    daemon.pass(60_000)
    const { search } = bob.call('node.status', {})
    expect(search.behind).toBe(1)
    expect(search.failures).toBeGreaterThan(0)
    expect(bob.call('messages.search', { text: 'word' })).toMatchObject({ hits: [], complete: false })
    full = false
    daemon.pass(LIMITS.backoffLastMs)
    expect(bob.call('messages.search', { text: 'word' })).toMatchObject({ hits: [{ kind: 'notify' }], complete: true })
    expect(bob.call('node.status', {}).search).toEqual({ behind: 0, oldestAt: null, failures: 0 })
    daemon.stop()
  })
})
