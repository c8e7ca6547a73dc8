import { describe, expect, test } from 'vitest'
import { oldestOwedSince, owedReviews } from '../../../daemon/reviews/index.ts'
import { A, B, bodies, crew, get, HOUR, LINK, mail, observe, queue, request } from '../../support/review-crew.ts'

const DAY = 24 * HOUR

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

test('what is owed in a circle is told to the domains above, the oldest first', async () => {
  const { daemon, author, reviewer, join } = await crew()
  using _ = daemon
  const { store } = daemon.core
  const began = daemon.clock.wallMs()
  const first = request(author, { to: 'reviewer', priority: 'low' })
  daemon.pass(HOUR)
  const second = request(author, { subject: { pr: `${LINK}1` } })
  request(join('far', { circle: 'other' }))
  const circle = store.number('circle', daemon.admin.call('circles.list', {}).circles.find(({ name }) => name === 'main')?.id ?? '')
  expect(owedReviews(store, circle, 10)).toEqual([
    { id: first.id, subject: LINK, owedSince: began, assigneeId: daemon.number(reviewer.id) },
    { id: second.id, subject: `${LINK}1`, owedSince: began + HOUR, assigneeId: null },
  ])
  expect(owedReviews(store, circle, 1)).toHaveLength(1)
  expect(oldestOwedSince(store, circle)).toBe(began)
  expect(oldestOwedSince(store, circle, daemon.number(author.id))).toBeUndefined()
  reviewer.call('reviews.mark', { review: first.id })
  expect(oldestOwedSince(store, circle)).toBe(began + HOUR)
  expect(oldestOwedSince(store, circle, daemon.number(reviewer.id))).toBeUndefined()
})
