import { describe, expect, test } from 'vitest'
import type { Input, Item, Review } from '../../../src/contract/index.ts'
import { LIMITS } from '../../../src/limits.ts'
import { type CoreClient, TestCore } from '../../support/test-core.ts'

const HOUR = 3_600_000
const DAY = 24 * HOUR
const LINK = 'https://github.com/crew/ship/pull/7'
const [A, B, C] = ['a', 'b', 'c'].map((digit) => digit.repeat(40)) as [string, string, string]

async function crew() {
  const daemon = await TestCore.start()
  const join = (name: string, options: Parameters<TestCore['join']>[1] = {}) => daemon.join(name, { mode: 'pull', ...options })
  const [author, reviewer, lead] = [join('author'), join('reviewer', { capabilities: ['review'] }), join('lead', { role: 'orchestrator' })]
  return { daemon, join, author, reviewer, lead }
}

/** What waits for a peer, received. */
function mail(peer: CoreClient): Item[] {
  const { items } = peer.call('mailbox.inbox', { limit: 50 })
  if (items.length > 0) peer.call('mailbox.ack', { deliveries: items.map(({ delivery }) => delivery.id) })
  return items
}
const bodies = (peer: CoreClient): string[] => mail(peer).map(({ message }) => message.body)
const request = (peer: CoreClient, input: object = {}): Review => peer.call('reviews.request', { subject: { pr: LINK }, ...input } as never).review
const get = (peer: CoreClient, review = LINK) => peer.call('reviews.get', { review })
const types = (peer: CoreClient, review = LINK) => get(peer, review).history.map(({ type }) => type)
const queue = (peer: CoreClient, input: Input<'reviews.queue'> = {}) => peer.call('reviews.queue', input).reviews
const tell = (peer: CoreClient, to: string, body: string, touched?: Input<'threads.notify'>['touched']) =>
  peer.call('threads.notify', { to, body, ...(touched && { touched }) })
const observe = (daemon: TestCore, facts: object) =>
  daemon.admin.call('reviews.observe', {
    observations: [{ subject: { pr: LINK }, state: 'open', at: new Date(daemon.clock.wallMs()).toISOString(), ...facts }],
  } as never)

describe('a review', () => {
  test('is owed from the request on, and done when somebody else marks it at its head', async () => {
    const { daemon, author, reviewer } = await crew()
    using _ = daemon
    expect(request(author, { sha: A, title: 'Faster sails', note: 'Mind the mast.' })).toMatchObject({
      state: 'owed',
      kind: 'pull_request',
      subject: LINK,
      host: 'github.com',
      project: 'crew/ship',
      number: 7,
      head: A,
      title: 'Faster sails',
      authors: [{ name: 'author' }],
    })
    expect(queue(reviewer)).toHaveLength(1)
    expect(queue(author)).toEqual([])
    const { review } = reviewer.call('reviews.mark', { review: LINK, sha: A.slice(0, 9), verdict: 'approve', note: 'Good.' })
    expect(review).toMatchObject({ state: 'reviewed', verdict: 'approve', reviewer: { name: 'reviewer' }, reviewedHead: A, owedSince: null })
    expect(queue(reviewer)).toEqual([])
    expect(mail(author)).toMatchObject([{ message: { from: { name: 'reviewer' }, body: expect.stringContaining('Good.') } }])
    expect(types(author)).toEqual(['requested', 'head', 'reviewed'])
  })

  test('is one for each subject of a circle, however its link is spelled', async () => {
    const { daemon, join, author } = await crew()
    using _ = daemon
    const { id } = request(author)
    for (const pr of ['http://GitHub.com/Crew/Ship/pull/7/files?w=1#diff', 'https://github.com/crew/ship/pull/7#issuecomment-1'])
      expect(request(author, { subject: { pr } }).id).toBe(id)
    expect(request(author, { subject: { pr: 'https://github.com/crew/ship/pull/70' } }).id).not.toBe(id)
    expect(request(join('away', { circle: 'other' })).id).not.toBe(id)
  })

  test.each([
    [
      { pr: 'https://git.example:8443/group/sub/repo/-/merge_requests/12/diffs' },
      'https://git.example:8443/group/sub/repo/-/merge_requests/12',
      'pull_request',
    ],
    [{ repository: 'git@github.com:Crew/Ship.git', branch: 'fix/mast' }, 'branch "fix/mast" of "github.com/crew/ship"', 'branch'],
    [{ repository: '/srv/ship/.git/', branch: 'main' }, 'branch "main" of "/srv/ship"', 'branch'],
    [{ repository: 'https://user:secret@host.example/ship.git', base: A, head: B }, 'commits aaaaaaaaaa..bbbbbbbbbb of "host.example/ship"', 'range'],
  ])('is of %o', async (subject, line, kind) => {
    const { daemon, author } = await crew()
    using _ = daemon
    expect(request(author, { subject })).toMatchObject({ subject: line, kind })
  })

  test('of an artifact is of an upload of one’s own, at its content', async () => {
    const { daemon, author, reviewer } = await crew()
    using _ = daemon
    const artifact = daemon.upload(author.token, 'a plan')
    expect(reviewer.refusal('reviews.request', { subject: { artifact } }).code).toBe('not_found')
    const review = request(author, { subject: { artifact } })
    expect(review).toMatchObject({ kind: 'artifact', artifact, head: expect.stringMatching(/^[0-9a-f]{64}$/) })
    expect(reviewer.refusal('reviews.mark', { review: review.id, sha: A })).toMatchObject({ code: 'invalid_input', head: review.head })
  })

  test.each([
    'https://github.com/crew/ship',
    'https://github.com/a/b/c/pull/7',
    'https://x:y@github.com/crew/ship/pull/7',
    'ftp://github.com/crew/ship/pull/7',
    'https://github.com/crew/ship/pull/0',
  ])('is not of %s', async (pr) => {
    const { daemon, author } = await crew()
    using _ = daemon
    expect(author.refusal('reviews.request', { subject: { pr } }).code).toBe('invalid_input')
  })
})

describe('nobody reviews their own work', () => {
  test('not who requested it, nor who said that it touched it', async () => {
    const { daemon, author, reviewer, lead } = await crew()
    using _ = daemon
    request(author)
    tell(lead, 'reviewer', 'Finished the sails.', [{ pr: LINK }])
    for (const peer of [author, lead]) {
      expect(peer.refusal('reviews.mark', { review: LINK, verdict: 'approve' })).toMatchObject({ code: 'forbidden', reason: 'own_work' })
    }
    expect(reviewer.call('reviews.mark', { review: LINK }).review.state).toBe('reviewed')
  })

  test('nor those who spawned an author, or were spawned by one', async () => {
    const { daemon, lead } = await crew()
    using _ = daemon
    const spawn = (parent: CoreClient, name: string) => {
      const { token } = parent.call('enrolments.create', {})
      const wire = daemon.connect(token)
      const { peer, token: own } = wire.call('peers.register', { name, mode: 'pull' })
      return Object.assign(daemon.connect(own), { peer })
    }
    const worker = spawn(lead, 'worker')
    const helper = spawn(worker, 'helper')
    const other = spawn(lead, 'other')
    expect(helper.peer).toMatchObject({ circle: 'main', role: 'agent', spawnedBy: { name: 'worker' } })
    request(worker)
    for (const peer of [lead, worker, helper]) {
      expect(peer.refusal('reviews.mark', { review: LINK })).toMatchObject({ code: 'forbidden', reason: 'own_work' })
      expect(queue(peer, { assigned: true })).toEqual([])
    }
    expect(queue(helper)).toEqual([])
    expect(queue(other)).toHaveLength(1)
    expect(lead.refusal('reviews.withdraw', { review: get(lead).review.id, reason: 'no need' }).code).toBe('forbidden')
    expect(lead.refusal('reviews.assign', { review: get(lead).review.id, to: 'helper' })).toMatchObject({ reason: 'own_work' })
    expect(other.call('reviews.mark', { review: LINK }).review.state).toBe('reviewed')
  })

  test('a peer spawns into its own circle, agents and services, for a day', async () => {
    const { daemon, lead, join } = await crew()
    using _ = daemon
    expect(lead.refusal('enrolments.create', { circle: 'elsewhere' }).code).toBe('forbidden')
    expect(lead.refusal('enrolments.create', { roles: ['orchestrator'] }).code).toBe('forbidden')
    expect(lead.refusal('enrolments.create', { spawnedBy: 'author' }).code).toBe('forbidden')
    expect(join('watcher', { role: 'observer' }).refusal('enrolments.create', {}).code).toBe('forbidden')
    const { enrolment } = lead.call('enrolments.create', { maxUses: 1_000 })
    expect(enrolment).toMatchObject({ maxUses: LIMITS.maxSpawned, expiresAt: '2026-01-02T00:00:00.000Z', spawnedBy: { name: 'lead' } })
  })

  test('a clearing does not stand when its reviewer turns out to be an author', async () => {
    const { daemon, author, reviewer } = await crew()
    using _ = daemon
    request(author, { sha: A })
    reviewer.call('reviews.mark', { review: LINK, verdict: 'approve' })
    tell(reviewer, 'author', 'I had fixed the mast, too.', [{ pr: LINK, sha: A }])
    expect(get(author).review).toMatchObject({ state: 'owed', reason: 'reviewer had a part in it', head: A })
    expect(reviewer.refusal('reviews.mark', { review: LINK }).code).toBe('forbidden')
  })

  test('only orchestrators and people say that it is the work of others', async () => {
    const { daemon, author, reviewer, lead } = await crew()
    using _ = daemon
    expect(reviewer.refusal('reviews.request', { subject: { pr: LINK }, authors: ['author'] }).code).toBe('forbidden')
    expect(request(lead, { authors: ['author'] })).toMatchObject({ authors: [{ name: 'author' }], mentionedBy: [{ name: 'lead' }] })
    expect(lead.call('reviews.mark', { review: LINK }).review.state).toBe('reviewed')
    expect(author.refusal('reviews.mark', { review: LINK }).code).toBe('forbidden')
  })
})

describe('work is discovered', () => {
  test('in what a sender says that it touched, which is shown with the message', async () => {
    const { daemon, author, reviewer } = await crew()
    using _ = daemon
    const touched = [{ repository: 'git@github.com:crew/ship.git', branch: 'fix', sha: A }]
    tell(author, 'reviewer', 'Ready.', touched)
    expect(mail(reviewer)[0]?.message.touched).toEqual(touched)
    expect(queue(reviewer)).toMatchObject([{ kind: 'branch', head: A, authors: [{ name: 'author' }] }])
  })

  test('in a link: whoever mentions it in an ask is no author, and cannot clear it while nobody is one', async () => {
    const { daemon, author, lead } = await crew()
    using _ = daemon
    lead.call('threads.ask', { to: 'reviewer', body: `Please look at ${LINK}.` })
    expect(get(lead).review).toMatchObject({ state: 'owed', authors: [], mentionedBy: [{ name: 'lead' }] })
    expect(lead.refusal('reviews.mark', { review: LINK }).code).toBe('forbidden')
    tell(author, 'lead', 'Mine.', [{ pr: LINK }])
    expect(lead.call('reviews.mark', { review: LINK }).review.state).toBe('reviewed')
  })

  test('in an answer that is the first of its thread to name it, whose sender is taken for the author', async () => {
    const { daemon, author, lead } = await crew()
    using _ = daemon
    const { sent } = lead.call('threads.ask', { to: 'author', body: 'Make it sail faster.' })
    author.call('threads.answer', { thread: sent[0]?.thread ?? '', body: `Opened ${LINK}` })
    expect(get(lead).review).toMatchObject({ state: 'owed', authors: [{ name: 'author' }] })
  })

  test('whoever answers about a link that it was asked about is no author', async () => {
    const { daemon, reviewer, lead } = await crew()
    using _ = daemon
    const { sent } = lead.call('threads.ask', { to: 'reviewer', body: `What about ${LINK}?` })
    reviewer.call('threads.answer', { thread: sent[0]?.thread ?? '', body: `${LINK} looks good` })
    expect(get(lead).review).toMatchObject({ authors: [], state: 'owed' })
    expect(reviewer.call('reviews.mark', { review: LINK }).review.state).toBe('reviewed')
  })

  test('a link to what is reviewed or has ended says nothing new', async () => {
    const { daemon, author, reviewer } = await crew()
    using _ = daemon
    request(author, { sha: A })
    reviewer.call('reviews.mark', { review: LINK, verdict: 'approve' })
    tell(reviewer, 'author', `I approved ${LINK}`)
    expect(get(author).review).toMatchObject({ state: 'reviewed', authors: [{ name: 'author' }], mentionedBy: [] })
    observe(daemon, { state: 'merged' })
    tell(author, 'reviewer', `${LINK} is in`)
    expect(get(author).review).toMatchObject({ state: 'ended', reason: 'merged' })
  })

  test('of one message only so many links are followed up', async () => {
    const { daemon, author, lead } = await crew()
    using _ = daemon
    const links = Array.from({ length: 30 }, (_, index) => `https://github.com/crew/ship/pull/${index + 1}`)
    tell(author, 'lead', links.join(' '))
    expect(queue(lead)).toHaveLength(LIMITS.maxLinks)
  })

  test('a full queue refuses a request, and no message', async () => {
    const { daemon, author, lead, reviewer } = await crew()
    using _ = daemon
    for (let n = 1; n <= LIMITS.maxOwedReviews; n += 1) request(author, { subject: { pr: `https://github.com/crew/ship/pull/${1_000 + n}` } })
    expect(author.refusal('reviews.request', { subject: { pr: LINK } })).toMatchObject({ code: 'too_many_reviews' })
    tell(author, 'lead', LINK, [{ pr: LINK }])
    expect(bodies(lead)).toHaveLength(1)
    expect(lead.refusal('reviews.get', { review: LINK }).code).toBe('not_found')
    expect(lead.call('events.list', { limit: 5 }).events).toContainEqual(expect.objectContaining({ type: 'review.refused' }))
    reviewer.call('reviews.mark', { review: 'https://github.com/crew/ship/pull/1001' })
    expect(request(author).state).toBe('owed')
  })

  test('a redacted message says no more what was touched', async () => {
    const { daemon, author, reviewer } = await crew()
    using _ = daemon
    const message = tell(author, 'reviewer', 'Ready.', [{ pr: LINK }]).sent[0]?.message ?? ''
    expect(author.call('threads.redact', { message, reason: 'slip' }).message).not.toHaveProperty('touched')
  })
})

describe('a new head', () => {
  test('makes a review owed again, and says what changed', async () => {
    const { daemon, author, reviewer } = await crew()
    using _ = daemon
    request(author, { sha: A })
    reviewer.call('reviews.mark', { review: LINK, verdict: 'approve' })
    daemon.pass(HOUR)
    observe(daemon, { head: B, changed: { commits: 2, files: 3 } })
    expect(get(reviewer).review).toMatchObject({
      state: 'owed',
      head: B,
      reviewedHead: A,
      owedSince: '2026-01-01T01:00:00.000Z',
      changed: { from: A, commits: 2, files: 3, additions: null },
      reason: 'its head moved from aaaaaaaaaa to bbbbbbbbbb (2 commits, 3 files)',
    })
    expect(bodies(reviewer)).toEqual([expect.stringContaining('2 commits, 3 files')])
    expect(reviewer.refusal('reviews.mark', { review: LINK, sha: A })).toMatchObject({ code: 'invalid_input', field: 'sha', head: B })
    expect(reviewer.call('reviews.mark', { review: LINK, sha: B }).review.state).toBe('reviewed')
  })

  test('may be told by an author, or by the reviewer who has looked at it', async () => {
    const { daemon, author, reviewer } = await crew()
    using _ = daemon
    request(author, { sha: A })
    reviewer.call('reviews.mark', { review: LINK, sha: B })
    expect(get(author).review).toMatchObject({ state: 'reviewed', head: B, reviewedHead: B })
    tell(author, 'reviewer', 'One more.', [{ pr: LINK, sha: C }])
    expect(get(author).review).toMatchObject({ state: 'owed', head: C })
    // What comes late names an older head, and moves nothing back.
    tell(author, 'reviewer', 'Ready.', [{ pr: LINK, sha: A }])
    expect(get(author).review.head).toBe(C)
  })

  test('a commit by its first digits is the same one', async () => {
    const { daemon, author, reviewer } = await crew()
    using _ = daemon
    request(author, { sha: A.slice(0, 8) })
    reviewer.call('reviews.mark', { review: LINK, verdict: 'approve' })
    observe(daemon, { head: A })
    expect(get(author).review).toMatchObject({ state: 'reviewed', head: A, reviewedHead: A })
  })

  test('what was touched again without a commit is owed again', async () => {
    const { daemon, author, reviewer } = await crew()
    using _ = daemon
    request(author)
    reviewer.call('reviews.mark', { review: LINK })
    tell(author, 'reviewer', 'Changed the sails.', [{ pr: LINK }])
    expect(get(author).review).toMatchObject({ state: 'owed', reason: 'it was touched again' })
  })

  test('while somebody is at it, that one is asked anew and the ask before is withdrawn', async () => {
    const { daemon, author, reviewer, lead } = await crew()
    using _ = daemon
    const { id } = request(author, { sha: A })
    lead.call('reviews.assign', { review: id, to: 'reviewer' })
    const [first] = mail(reviewer)
    observe(daemon, { head: B })
    const news = mail(reviewer)
    expect(news).toMatchObject([{ message: { kind: 'cancel' } }, { message: { kind: 'ask', from: null } }])
    reviewer.call('threads.answer', { thread: first?.thread.id ?? '', body: 'approve: late for the first head' })
    expect(get(lead).review.state).toBe('owed')
    reviewer.call('threads.answer', { thread: news[1]?.thread.id ?? '', body: 'Approved. Fine now.' })
    expect(get(lead).review).toMatchObject({ state: 'reviewed', verdict: 'approve', reviewedHead: B })
  })
})

describe('an assignment', () => {
  test('is an ask, whose answer is the review', async () => {
    const { daemon, author, reviewer, lead } = await crew()
    using _ = daemon
    const { id } = request(author, { sha: A })
    expect(lead.call('reviews.assign', { review: id, to: 'reviewer', note: 'Look at the mast.' }).review).toMatchObject({ assignee: { name: 'reviewer' } })
    const [asked] = mail(reviewer)
    expect(asked).toMatchObject({ message: { kind: 'ask', from: { name: 'lead' }, body: expect.stringContaining('Look at the mast.') } })
    expect(queue(reviewer, { assigned: true })).toHaveLength(1)
    reviewer.call('threads.answer', { thread: asked?.thread.id ?? '', body: 'request changes: the mast is too short.' })
    expect(get(author).review).toMatchObject({ state: 'reviewed', verdict: 'request_changes', reviewer: { name: 'reviewer' }, reviewedHead: A })
    expect(mail(author)).toMatchObject([{ message: { from: { name: 'reviewer' }, body: expect.stringContaining('the mast is too short') } }])
    expect(mail(lead)).toMatchObject([{ message: { kind: 'answer' } }])
  })

  test.each([
    ['approve', 'approve'],
    ['**Approved** at last', 'approve'],
    ['LGTM', 'approve'],
    ['Changes requested: no', 'request_changes'],
    ['request_changes', 'request_changes'],
    ['I would not approve this', 'comment'],
    ['approvement is not a word', 'comment'],
  ] as const)('an answer that begins with “%s” says %s', async (body, verdict) => {
    const { daemon, author, reviewer } = await crew()
    using _ = daemon
    request(author, { to: 'reviewer' })
    reviewer.call('threads.answer', { thread: mail(reviewer)[0]?.thread.id ?? '', body })
    expect(get(author).review).toMatchObject({ state: 'reviewed', verdict })
  })

  test('is closed by marking, and not needed any more where another has marked', async () => {
    const { daemon, author, reviewer, lead, join } = await crew()
    using _ = daemon
    const { id } = request(author, { sha: A })
    lead.call('reviews.assign', { review: id, to: 'reviewer' })
    reviewer.call('reviews.mark', { review: id, verdict: 'approve', note: 'Fine.' })
    expect(reviewer.call('threads.owed', {}).owed).toEqual([])
    expect(mail(lead)).toMatchObject([{ message: { kind: 'answer', body: expect.stringContaining('Fine.') } }])
    observe(daemon, { head: B })
    expect(reviewer.call('threads.owed', {}).owed).toHaveLength(1)
    join('third').call('reviews.mark', { review: id, verdict: 'approve' })
    expect(reviewer.call('threads.owed', {}).owed).toEqual([])
    expect(get(lead).review).toMatchObject({ state: 'reviewed', reviewer: { name: 'third' }, assignee: null })
  })

  test('declined or expired goes back into the queue; a late answer is the review all the same', async () => {
    const { daemon, author, reviewer, lead } = await crew()
    using _ = daemon
    const { id } = request(author, { sha: A })
    lead.call('reviews.assign', { review: id, to: 'reviewer' })
    reviewer.call('threads.decline', { thread: mail(reviewer)[0]?.thread.id ?? '', reason: 'no time' })
    expect(get(lead)).toMatchObject({
      review: { state: 'owed', assignee: null },
      history: expect.arrayContaining([expect.objectContaining({ type: 'unassigned' })]),
    })
    lead.call('reviews.assign', { review: id, to: 'reviewer', deadline: '1h' })
    const [asked] = mail(reviewer)
    daemon.pass(2 * HOUR)
    expect(get(lead).review).toMatchObject({ state: 'owed', assignee: null })
    reviewer.call('threads.answer', { thread: asked?.thread.id ?? '', body: 'approve' })
    expect(get(lead).review).toMatchObject({ state: 'reviewed', verdict: 'approve' })
  })

  test('goes to whoever has the capability, had no part in it, runs on something else and owes the fewest', async () => {
    const { daemon, author, lead, join } = await crew()
    using _ = daemon
    join('codex', { capabilities: ['review'], runtime: 'codex' })
    join('busy', { capabilities: ['review'], runtime: 'codex' })
    author.call('peers.describe', { capabilities: ['review'] })
    const one = request(author, { subject: { pr: 'https://github.com/crew/ship/pull/1' } })
    lead.call('reviews.assign', { review: one.id, to: 'busy' })
    const choose = (n: number, select: object) => {
      const { id } = request(author, { subject: { pr: `https://github.com/crew/ship/pull/${n}` } })
      return lead.call('reviews.assign', { review: id, select } as never).review.assignee?.name
    }
    expect(choose(2, {})).toBe('reviewer')
    expect(choose(3, { otherRuntime: true })).toBe('codex')
    // Each of them owes one now; the one that joined first is asked.
    expect(choose(4, { otherRuntime: true })).toBe('codex')
    expect(choose(5, { otherRuntime: true })).toBe('busy')
    const { id } = request(author)
    const refusal = lead.refusal('reviews.assign', { review: id, select: { capability: 'astronomy' } })
    expect(refusal.code).toBe('not_found')
  })

  test('is for orchestrators, people and the administrator', async () => {
    const { daemon, author, reviewer, join } = await crew()
    using _ = daemon
    const { id } = request(author)
    expect(reviewer.refusal('reviews.assign', { review: id, to: 'reviewer' }).code).toBe('forbidden')
    expect(daemon.admin.call('reviews.assign', { review: id, to: 'reviewer' }).review.assignee?.name).toBe('reviewer')
    expect(mail(reviewer)).toMatchObject([{ message: { from: null, kind: 'ask' } }])
    const boss = join('boss', { role: 'person' })
    expect(boss.call('reviews.assign', { review: id, to: 'lead' }).review.assignee?.name).toBe('lead')
  })

  test('of a peer that retires goes back into the queue', async () => {
    const { daemon, author, reviewer, lead } = await crew()
    using _ = daemon
    const { id } = request(author, { to: 'reviewer' })
    reviewer.call('peers.retire', {})
    daemon.pass(1_000)
    expect(get(lead, id).review).toMatchObject({ state: 'owed', assignee: null })
  })
})

describe('an observer', () => {
  test('is a service that the administrator has let observe, and nobody else', async () => {
    const { daemon, author, reviewer, lead, join } = await crew()
    using _ = daemon
    request(author)
    const service = join('forge', { role: 'service', capabilities: ['observe', 'admin'] })
    const observations = [{ subject: { pr: LINK }, state: 'merged' as const, at: '2026-01-01T00:00:00Z' }]
    for (const peer of [author, reviewer, lead, service]) {
      expect(peer.refusal('reviews.observe', { observations }).code).toBe('forbidden')
      expect(peer.refusal('reviews.watched', {}).code).toBe('forbidden')
    }
    expect(daemon.admin.refusal('grants.add', { peer: 'reviewer', circle: 'main', right: 'observe' }).code).toBe('forbidden')
    daemon.admin.call('grants.add', { peer: 'forge', circle: 'main', right: 'observe' })
    expect(daemon.admin.call('grants.list', {}).grants).toMatchObject([{ peer: { name: 'forge' }, right: 'observe' }])
    expect(service.call('reviews.watched', {}).subjects).toMatchObject([{ kind: 'pull_request', host: 'github.com', project: 'crew/ship', number: 7 }])
    expect(service.call('reviews.observe', { observations: [...observations, { ...observations[0], subject: { pr: `${LINK}0` } } as never] })).toEqual({
      applied: 1,
      unknown: 1,
    })
    expect(get(author).review).toMatchObject({ state: 'ended', reason: 'merged' })
    expect(service.call('reviews.watched', {}).subjects).toEqual([])
    daemon.admin.call('grants.remove', { peer: 'forge', circle: 'main', right: 'observe' })
    expect(service.refusal('reviews.observe', { observations }).code).toBe('forbidden')
  })

  test('of one circle changes nothing in another', async () => {
    const { daemon, author, join } = await crew()
    using _ = daemon
    request(author)
    const service = join('forge', { role: 'service', circle: 'other' })
    daemon.admin.call('grants.add', { peer: 'forge', circle: 'other', right: 'observe' })
    expect(service.call('reviews.watched', {}).subjects).toEqual([])
    const at = '2026-01-01T00:00:00Z'
    expect(service.call('reviews.observe', { observations: [{ subject: { pr: LINK }, state: 'merged', at }] })).toEqual({ applied: 0, unknown: 1 })
    const { id } = get(author).review
    expect(service.call('reviews.observe', { observations: [{ subject: { review: id }, state: 'merged', at }] })).toEqual({ applied: 0, unknown: 1 })
    expect(get(author).review.state).toBe('owed')
  })

  test('reports checks and reviews of the forge, which clear nothing', async () => {
    const { daemon, author } = await crew()
    using _ = daemon
    request(author)
    const facts = { head: A, title: 'Sails', author: 'octocat', checks: 'failing', reviews: [{ by: 'hubot', verdict: 'approve', at: '2026-01-01T00:00:00Z' }] }
    observe(daemon, facts)
    const { review, history } = get(author)
    expect(review).toMatchObject({ state: 'owed', title: 'Sails', forgeAuthor: 'octocat', checks: 'failing', forgeReviews: [{ by: 'hubot', sha: null }] })
    observe(daemon, facts)
    expect(get(author).history).toEqual(history)
  })

  test('that is late changes nothing, and a subject that is opened again is owed again', async () => {
    const { daemon, author } = await crew()
    using _ = daemon
    request(author)
    daemon.pass(HOUR)
    observe(daemon, { state: 'closed' })
    observe(daemon, { state: 'open', head: B, at: '2026-01-01T00:30:00Z' })
    expect(get(author).review).toMatchObject({ state: 'ended', reason: 'closed', head: null })
    daemon.pass(HOUR)
    observe(daemon, { state: 'open' })
    expect(get(author).review).toMatchObject({ state: 'owed', reason: 'it was opened again', endedAt: null })
  })

  test('ends the ask of whoever was at it', async () => {
    const { daemon, author, reviewer } = await crew()
    using _ = daemon
    request(author, { to: 'reviewer' })
    mail(reviewer)
    observe(daemon, { state: 'merged' })
    expect(mail(reviewer)).toMatchObject([{ message: { kind: 'cancel', body: 'merged' } }])
    expect(reviewer.call('threads.owed', {}).owed).toEqual([])
    expect(reviewer.refusal('reviews.mark', { review: LINK })).toMatchObject({ code: 'invalid_input', reason: 'merged' })
  })
})

describe('the queue', () => {
  test('is of the most urgent first, the oldest of them first, in pages', async () => {
    const { daemon, author, lead, reviewer } = await crew()
    using _ = daemon
    for (const [n, priority] of [
      [1, 'low'],
      [2, 'normal'],
      [3, 'urgent'],
      [4, 'normal'],
    ] as const) {
      request(author, { subject: { pr: `https://github.com/crew/ship/pull/${n}` }, priority })
      daemon.pass(1_000)
    }
    expect(queue(lead).map(({ number }) => number)).toEqual([3, 2, 4, 1])
    const page = reviewer.call('reviews.queue', { limit: 2 })
    expect(page.reviews.map(({ number }) => number)).toEqual([3, 2])
    expect(queue(reviewer, { after: page.after as string, limit: 2 }).map(({ number }) => number)).toEqual([4, 1])
  })

  test('leaves out what was given to another, and shows orchestrators all', async () => {
    const { daemon, author, reviewer, lead, join } = await crew()
    using _ = daemon
    request(author, { to: 'reviewer' })
    expect(queue(join('third'))).toEqual([])
    expect(queue(reviewer)).toHaveLength(1)
    expect(queue(lead)).toHaveLength(1)
  })

  test('loses what is withdrawn, with the reason', async () => {
    const { daemon, author, lead } = await crew()
    using _ = daemon
    const { id } = request(author)
    expect(author.refusal('reviews.withdraw', { review: id, reason: 'never mind' }).code).toBe('forbidden')
    expect(lead.call('reviews.withdraw', { review: id, reason: 'a spike' }).review).toMatchObject({ state: 'ended', reason: 'withdrawn: a spike' })
    expect(request(author)).toMatchObject({ id, state: 'owed' })
  })
})

describe('a nudge', () => {
  test('reminds whoever was given the review, and ends when it is done', async () => {
    const { daemon, author, reviewer } = await crew()
    using _ = daemon
    const { id } = request(author, { to: 'reviewer', nudge: '8h' })
    mail(reviewer)
    daemon.pass(9 * HOUR)
    expect(bodies(reviewer)).toContainEqual(expect.stringContaining('still waits for a look'))
    reviewer.call('reviews.mark', { review: id })
    expect(author.call('schedules.list', {}).schedules).toMatchObject([{ state: 'ended', reason: 'it was reviewed' }])
  })

  test('without a reviewer goes to whoever wanted it; a new head begins it anew', async () => {
    const { daemon, author, reviewer } = await crew()
    using _ = daemon
    const { id } = request(author, { sha: A, nudge: '1h' })
    daemon.pass(HOUR)
    expect(bodies(author)).toHaveLength(1)
    reviewer.call('reviews.mark', { review: id })
    observe(daemon, { head: B })
    expect(author.call('schedules.list', { state: 'active' }).schedules).toHaveLength(1)
    observe(daemon, { head: B, state: 'merged' })
    expect(author.call('schedules.list', { state: 'active' }).schedules).toEqual([])
  })

  test('a schedule of anybody’s may ask whether a review is owed', async () => {
    const { daemon, author, reviewer, join } = await crew()
    using _ = daemon
    const { id } = request(author, { to: 'reviewer' })
    mail(reviewer)
    author.call('schedules.create', { to: 'reviewer', body: 'Still owed.', every: '1h', gates: [{ if: 'review_owed' }] })
    daemon.pass(HOUR)
    expect(bodies(reviewer)).toEqual(['Still owed.'])
    reviewer.call('reviews.mark', { review: id })
    daemon.pass(HOUR)
    expect(bodies(reviewer)).toEqual([])
    const gates = [{ if: 'review_owed' as const, review: id }]
    expect(join('far', { circle: 'other' }).refusal('schedules.create', { body: 'x', every: '1h', gates }).code).toBe('not_found')
  })
})

test('what has ended is forgotten after 90 days, and what is owed is not', async () => {
  const { daemon, author, lead } = await crew()
  using _ = daemon
  request(author)
  const other = request(author, { subject: { pr: 'https://github.com/crew/ship/pull/8' } })
  observe(daemon, { state: 'merged' })
  daemon.age(91 * DAY)
  expect(lead.refusal('reviews.get', { review: LINK }).code).toBe('not_found')
  expect(get(lead, other.id).review.state).toBe('owed')
  expect(daemon.rows('SELECT DISTINCT review_id FROM review_entries')).toEqual([{ review_id: daemon.number(other.id) }])
  expect(daemon.admin.call('node.status', {}).retention.purged).toContainEqual(expect.objectContaining({ what: 'reviews' }))
})

test('a repeated request, mark or assignment is answered from what it did', async () => {
  const { daemon, author, reviewer, lead } = await crew()
  using _ = daemon
  const { id } = request(author, { key: 'one', sha: A })
  const before = types(author)
  expect(request(author, { key: 'one', sha: A }).id).toBe(id)
  expect(types(author)).toEqual(before)
  const assign = () => lead.call('reviews.assign', { review: id, to: 'reviewer', key: 'two' })
  assign()
  assign()
  expect(mail(reviewer)).toHaveLength(1)
  const mark = () => reviewer.call('reviews.mark', { review: id, key: 'three' })
  mark()
  mark()
  expect(types(author).filter((type) => type === 'reviewed')).toHaveLength(1)
})

test('a comment clears nothing and reaches those who touched it and whoever has it', async () => {
  const { daemon, author, reviewer, join } = await crew()
  using _ = daemon
  request(author, { to: 'reviewer' })
  mail(reviewer)
  join('third').call('reviews.comment', { review: LINK, note: 'The mast!' })
  expect(get(author).review.state).toBe('owed')
  for (const peer of [author, reviewer]) expect(bodies(peer)).toEqual([expect.stringContaining('The mast!')])
})
