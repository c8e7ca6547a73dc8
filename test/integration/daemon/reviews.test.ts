import { describe, expect, test } from 'vitest'
import { LIMITS } from '../../../src/limits.ts'
import { A, B, bodies, C, crew, get, HOUR, LINK, mail, observe, queue, request, tell, types } from '../../support/review-crew.ts'
import type { CoreClient } from '../../support/test-core.ts'

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
      const { token } = parent.call('enrolments.spawn', {})
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

  test('a clearing does not stand when its reviewer turns out to be an author', async () => {
    const { daemon, author, reviewer } = await crew()
    using _ = daemon
    request(author, { sha: A })
    reviewer.call('reviews.mark', { review: LINK, verdict: 'approve' })
    tell(reviewer, 'author', 'I had fixed the mast, too.', [{ pr: LINK, sha: A }])
    expect(get(author).review).toMatchObject({ state: 'owed', reason: 'reviewer had a part in it', head: A })
    expect(reviewer.refusal('reviews.mark', { review: LINK }).code).toBe('forbidden')
  })

  test('whoever it was given to, and turns out to be an author, is asked no more', async () => {
    const { daemon, author, reviewer } = await crew()
    using _ = daemon
    request(author, { to: 'reviewer' })
    mail(reviewer)
    tell(reviewer, 'author', 'I had fixed the mast, too.', [{ pr: LINK }])
    expect(get(author).review).toMatchObject({ state: 'owed', assignee: null })
    expect(reviewer.call('threads.owed', {}).owed).toEqual([])
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

  test('links alone do not fill the queue', async () => {
    const { daemon, author, lead } = await crew()
    using _ = daemon
    for (let n = 1; n <= LIMITS.maxLinkedReviews; n += 1) request(author, { subject: { pr: `https://github.com/crew/ship/pull/${1_000 + n}` } })
    tell(author, 'lead', LINK)
    expect(lead.refusal('reviews.get', { review: LINK }).code).toBe('not_found')
    tell(author, 'lead', LINK, [{ pr: LINK }])
    expect(get(lead).review.state).toBe('owed')
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
    const { daemon, author } = await crew()
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
