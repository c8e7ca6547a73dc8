import { describe, expect, test } from 'vitest'
import { LIMITS } from '../../../src/limits.ts'
import { ACTION, LIE, mail, QUESTION, REQUEST, told } from '../../support/cards.ts'
import { type CoreClient, faultyDriver, sqliteError, TestCore, type TestCoreOptions } from '../../support/test-core.ts'

// The clock of a test begins at 2026-01-01T00:00:00Z.
const MINUTE = 60_000
const HOUR = 3_600_000
const DAY = 24 * HOUR

async function crew(options: TestCoreOptions = {}) {
  const daemon = await TestCore.start(options)
  const join = (name: string, options: Parameters<TestCore['join']>[1] = {}) => daemon.join(name, { mode: 'pull', ...options })
  const ann = join('ann', { role: 'person' })
  // The role of a person is written behind the daemon's back, so the connection is made anew.
  const phone = daemon.connect(ann.token)
  return { daemon, join, ann: phone, person: ann.id, token: ann.token, lead: join('lead', { role: 'orchestrator' }), bob: join('bob'), eve: join('eve') }
}

const raise = (peer: CoreClient, more: object = {}) => peer.call('decisions.raise', { ...QUESTION, ...more } as never).card
const card = (peer: CoreClient, id: string) => peer.call('decisions.get', { card: id }).card
const asks = (peer: CoreClient) => mail(peer).filter(({ message }) => message.kind === 'ask')
const types = (daemon: TestCore) =>
  daemon.rows<{ type: string }>("SELECT type FROM events WHERE type LIKE 'decision.%' OR type LIKE 'approval.%' ORDER BY seq").map(({ type }) => type)

describe('a card', () => {
  test('reaches a person as an ask in the words of whoever raised it, and is decided by a letter on its thread', async () => {
    const { daemon, ann, bob } = await crew()
    using _ = daemon
    const { id } = raise(bob)
    const [ask] = asks(ann)
    expect(ask?.message.from?.name).toBe('bob')
    expect(ask?.message.body).toContain('a) SQLite (safe)')
    expect(ask?.message.body).toContain('Recommended: a, because there is one writer.')
    ann.call('threads.answer', { thread: ask?.thread.id ?? '', body: ' (B). ' })
    expect(card(bob, id)).toMatchObject({ state: 'answered', option: 'b', closed: { by: { name: 'ann' }, how: 'letter', device: expect.any(String) } })
    expect(told(bob)).toEqual([expect.stringContaining(`${id} is answered: b (Postgres), by ann.`)])
    expect(types(daemon)).toEqual(['decision.raised', 'decision.closed'])
  })

  test.each([
    ['threads.answer', { body: 'Neither, yet.' }],
    ['threads.reply', { body: 'ab' }],
  ] as const)('takes what is no letter for a comment, by %s: it is told in the name of the person, and the card stays', async (operation, { body }) => {
    const { daemon, ann, bob } = await crew()
    using _ = daemon
    const { id } = raise(bob)
    const thread = asks(ann)[0]?.thread.id ?? ''
    ann.call(operation, { thread, body })
    expect(card(bob, id).state).toBe('waiting')
    expect(bob.call('threads.get', { thread }).thread.state).toBe('open')
    const [notice, words] = mail(bob)
    expect(notice?.message).toMatchObject({ from: null, body: `Somebody commented on ${id}, which is waiting.` })
    expect(words?.message).toMatchObject({ from: { name: 'ann', role: 'person' }, body })
    expect(bob.call('decisions.get', { card: id }).comments).toMatchObject([{ number: 1, by: { name: 'ann' }, body }])
    ann.call('threads.reply', { thread, body: 'a' })
    expect(card(bob, id)).toMatchObject({ state: 'answered', option: 'a' })
    expect(told(bob)).toHaveLength(1)
  })

  test('is refused with everything that is missing', async () => {
    const { daemon, bob } = await crew()
    using _ = daemon
    const refusal = bob.refusal('decisions.raise', { kind: 'question', question: 'What should I do?' })
    expect(refusal).toMatchObject({ code: 'invalid_input' })
    expect((refusal['issues'] as { message: string }[]).map(({ message }) => message)).toEqual([
      'Needs one or two sentences of context',
      'Needs 2 to 5 options',
      'Needs a recommendation with its reason: {option, because}',
      'Needs the risk',
      'Needs a default: {option: the letter of a safe option, or "stay_blocked", after}',
    ])
    const hint = (more: object) => String(bob.refusal('decisions.raise', { ...QUESTION, ...more })['hint'])
    expect(hint({ default: { option: 'b', after: '1h' } })).toContain('marked safe')
    expect(hint({ default: { option: 'a' } })).toContain('Needs the time')
    expect(hint({ default: { option: 'c', after: '1h' } })).toContain('a to b')
    expect(hint({ recommendation: { option: 'e', because: 'so' } })).toContain('a to b')
    expect(hint({ context: 'One. Two. Three.' })).toContain('two sentences')
    expect(hint({ options: [QUESTION.options[0], QUESTION.options[0]] })).toContain('the same')
    const yes = { ...QUESTION.options[0], does: 'approve' }
    const no = { ...QUESTION.options[1], does: 'deny' }
    expect(hint({ kind: 'approval', options: [yes, no] })).toContain('Needs the action')
    expect(hint({ kind: 'approval', action: ACTION, options: [yes, no], default: { option: 'a', after: '1h' } })).toContain('Time approves nothing')
    expect(daemon.rows('SELECT * FROM decisions')).toEqual([])
  })

  test('waits where there is nobody to decide it, and reaches whoever comes', async () => {
    const daemon = await TestCore.start()
    using _ = daemon
    const bob = daemon.join('bob', { mode: 'pull' })
    const { id } = raise(bob)
    expect(bob.call('decisions.queue', {})).toMatchObject({ waiting: 1 })
    const { token } = daemon.register('ann', { role: 'person', mode: 'pull' })
    daemon.pass(LIMITS.cardLookMs)
    const ann = daemon.connect(token)
    expect(asks(ann)).toMatchObject([{ message: { body: expect.stringContaining(id) } }])
    expect(ann.call('decisions.queue', {}).cards).toMatchObject([{ card: { id, thread: expect.stringMatching(/^thr_/) } }])
  })

  test('is nobody else to decide: not a peer, not an orchestrator, not the administrator', async () => {
    const { daemon, bob, lead, eve } = await crew()
    using _ = daemon
    const { id } = raise(bob)
    for (const peer of [bob, lead, eve, daemon.admin]) expect(peer.refusal('decisions.resolve', { card: id, option: 'a' })).toMatchObject({ code: 'forbidden' })
    expect(card(bob, id).state).toBe('waiting')
  })

  test('is decided once: of two devices in one batch one wins, and the other is told who, when and how', async () => {
    const { daemon, person, token, bob } = await crew()
    using _ = daemon
    const [one, two] = [daemon.connect(token), daemon.connect(daemon.device(person, 'tablet'))]
    const { id } = raise(bob)
    const posted = [two.post('decisions.resolve', { card: id, option: 'b', note: 'As said.' }), one.post('decisions.resolve', { card: id, option: 'a' })]
    daemon.pass(0)
    expect(two.outcome(posted[0] as number)).toMatchObject({ card: { state: 'answered', option: 'b', closed: { device: 'tablet', how: 'resolved' } } })
    expect(() => one.outcome(posted[1] as number)).toThrow('decided already')
    expect(one.refusal('decisions.resolve', { card: id, option: 'a' })).toMatchObject({
      code: 'already_closed',
      state: 'answered',
      option: 'b',
      by: { name: 'ann' },
      device: 'tablet',
      how: 'resolved',
      at: expect.stringContaining('2026'),
    })
    expect(told(bob)).toEqual([expect.stringContaining('answered: b'), 'As said.'])
  })

  test('tells a second person who decided it, and refuses a late letter with the same facts', async () => {
    const { daemon, ann, join, bob } = await crew()
    using _ = daemon
    const cat = daemon.connect(join('cat', { role: 'person' }).token)
    raise(bob)
    const [mine, theirs] = [asks(ann)[0]?.thread.id ?? '', asks(cat)[0]?.thread.id ?? '']
    ann.call('threads.answer', { thread: mine, body: 'a' })
    expect(mail(cat)).toMatchObject([{ message: { kind: 'cancel', body: expect.stringContaining('answered: a, by ann') } }])
    expect(cat.refusal('threads.answer', { thread: theirs, body: 'b' })).toMatchObject({ code: 'already_closed', by: { name: 'ann' }, option: 'a' })
    // A comment still arrives.
    cat.call('threads.answer', { thread: theirs, body: 'I would have said b.' })
    expect(told(bob).at(-1)).toBe('I would have said b.')
  })

  test('can be revised in words', async () => {
    const { daemon, ann, bob } = await crew()
    using _ = daemon
    const { id } = raise(bob)
    ann.call('decisions.resolve', { card: id, revise: 'Use a file.' })
    expect(card(bob, id)).toMatchObject({ state: 'revised', option: null, note: 'Use a file.' })
    expect(mail(bob).map(({ message }) => [message.from?.name, message.body])).toEqual([
      [undefined, expect.stringContaining(`${id} is revised, by ann.`)],
      ['ann', 'Use a file.'],
    ])
  })

  test('takes its default when its time comes, and only a safe one; without an option it stays, and becomes urgent', async () => {
    const { daemon, bob } = await crew()
    using _ = daemon
    const safe = raise(bob, { default: { option: 'a', after: '1h' } })
    const stays = raise(bob, { question: 'And the other?', default: { option: 'stay_blocked', after: '1h' } })
    daemon.pass(HOUR - 1)
    expect(card(bob, safe.id).state).toBe('waiting')
    daemon.pass(1)
    expect(card(bob, safe.id)).toMatchObject({ state: 'expired', option: 'a', closed: { by: null, how: 'default' } })
    expect(card(bob, stays.id)).toMatchObject({ state: 'waiting', priority: 'urgent' })
    expect(told(bob)).toEqual([expect.stringContaining('expired: a (SQLite), since nobody decided in time')])
    daemon.pass(30 * DAY)
    expect(card(bob, stays.id).state).toBe('waiting')
  })

  test('is one for all who raise the same, each of whom is told; only the words of the first are its own', async () => {
    const { daemon, ann, bob, eve } = await crew()
    using _ = daemon
    const { id } = raise(bob)
    const again = eve.call('decisions.raise', { ...QUESTION, question: 'which DATABASE do we use', context: 'Words of eve.' })
    expect(again).toMatchObject({ folded: true, card: { id, requesters: [{ name: 'bob' }, { name: 'eve' }] } })
    expect(bob.call('decisions.raise', QUESTION)).toMatchObject({ folded: true, card: { id } })
    expect(asks(ann)).toHaveLength(1)
    // Other options make another card.
    expect(raise(eve, { options: [QUESTION.options[1], QUESTION.options[0]], default: { option: 'stay_blocked' } }).id).not.toBe(id)
    ann.call('decisions.resolve', { card: id, option: 'a' })
    expect(told(bob)[0]).toContain('SQLite')
    const [toEve, ...none] = told(eve)
    expect(none).toEqual([])
    expect(toEve).toContain(`${id} is answered: a, by ann`)
    expect(toEve).not.toContain('SQLite')
  })

  test.each([
    [{ question: 'Do we use C?' }, { question: 'Do we use C++?' }],
    [{ question: 'Is it 1.5?' }, { question: 'Is it 15?' }],
    [{ options: ['+1', '-1'] }, { options: ['-1', '+1'] }],
    [{ options: ['👍', '👎'] }, { options: ['👎', '👍'] }],
    [{ options: ['< 5', '> 5'] }, { options: ['> 5', '< 5'] }],
  ])('is no other for a sign that counts: %j and %j', async (...asked) => {
    const { daemon, bob, eve } = await crew()
    using _ = daemon
    const said = ({ options, ...more }: { readonly options?: readonly string[]; readonly question?: string }) => ({
      ...more,
      ...(options && { options: options.map((text, index) => ({ ...QUESTION.options[index], text })) }),
    })
    const [first, second] = [raise(bob, said(asked[0])), raise(eve, said(asked[1]))]
    expect(second.id).not.toBe(first.id)
  })

  test('makes room for a newer one of the same topic', async () => {
    const { daemon, ann, bob } = await crew()
    using _ = daemon
    const first = raise(bob, { topic: 'db' })
    const second = raise(bob, { topic: 'db', question: 'Which of the two?' })
    expect(card(bob, first.id)).toMatchObject({ state: 'superseded' })
    expect(told(bob)).toEqual([expect.stringContaining(`${first.id} is superseded`)])
    expect(ann.call('decisions.queue', {}).cards.map(({ card }) => card.id)).toEqual([second.id])
    expect(asks(ann).map(({ message }) => message.body)).toEqual([expect.stringContaining(second.id)])
  })

  test('is withdrawn by its requester, by cancelling its thread, by an orchestrator, or with its requester', async () => {
    const { daemon, ann, bob, eve, lead, join } = await crew()
    using _ = daemon
    const cards = ['One?', 'Two?', 'Three?'].map((question) => raise(bob, { question }).id)
    const threads = asks(ann).map(({ thread }) => thread.id)
    expect(eve.refusal('decisions.withdraw', { card: cards[0], reason: 'no' })).toMatchObject({ code: 'not_found' })
    bob.call('decisions.withdraw', { card: cards[0] ?? '', reason: 'I know now.' })
    bob.call('threads.cancel', { thread: threads[1] ?? '', reason: 'I know now.' })
    lead.call('decisions.withdraw', { card: cards[2] ?? '', reason: 'Not now.' })
    expect(cards.map((id) => card(bob, id).state)).toEqual(['withdrawn', 'withdrawn', 'withdrawn'])
    expect(told(bob).filter((body) => body.includes('is withdrawn'))).toHaveLength(3)
    const fay = join('fay')
    const { id } = raise(fay, { question: 'Four?' })
    fay.call('peers.retire', {})
    expect(card(lead, id)).toMatchObject({ state: 'withdrawn', closed: { how: 'retired' } })
    expect(bob.refusal('decisions.withdraw', { card: cards[0], reason: 'again' })).toMatchObject({ code: 'already_closed' })
  })

  test('goes on for the others when one of those who asked takes it back', async () => {
    const { daemon, ann, bob, eve } = await crew()
    using _ = daemon
    const { id } = raise(bob)
    raise(eve)
    bob.call('decisions.withdraw', { card: id, reason: 'I know.' })
    expect(card(eve, id).state).toBe('waiting')
    bob.call('peers.retire', {})
    daemon.pass(LIMITS.cardLookMs)
    ann.call('decisions.resolve', { card: id, option: 'a' })
    expect(told(eve)).toEqual([expect.stringContaining('answered: a')])
  })

  test('is asked anew, in the name of another who waits, when one who took it back cancels its thread', async () => {
    const { daemon, ann, bob, eve } = await crew()
    using _ = daemon
    const { id } = raise(bob)
    raise(eve)
    const [first] = asks(ann)
    bob.call('threads.cancel', { thread: first?.thread.id ?? '', reason: 'I know.' })
    const [second] = asks(ann)
    expect(second?.message).toMatchObject({ from: { name: 'eve' }, body: expect.stringContaining(id) })
    ann.call('threads.answer', { thread: second?.thread.id ?? '', body: 'a' })
    expect(told(bob)).toEqual([expect.stringContaining('is withdrawn')])
    expect(told(eve)).toEqual([expect.stringContaining('is answered: a')])
  })

  test('has parts of which none can look like another', async () => {
    const { daemon, ann, bob } = await crew()
    using _ = daemon
    bob.call('decisions.request', {
      ...REQUEST,
      why: 'It must.\n\nAction: read: nothing\nArguments: {}',
      action: { ...ACTION, arguments: { cwd: '/a\u202e/b\u00ad\u061c\u{e0041}\u3164' } },
    })
    const body = asks(ann)[0]?.message.body ?? ''
    expect(body.match(/^Action: .*$/gm)).toEqual(['Action: command: npm test'])
    expect(body).toContain('/a\\u202e/b\\u00ad\\u061c\\udb40\\udc41\\u3164"')
  })

  test('says what an option does to an approval, whatever the words of whoever asks say of it', async () => {
    const { daemon, ann, bob } = await crew()
    using _ = daemon
    bob.call('decisions.raise', LIE)
    const lines = (asks(ann)[0]?.message.body ?? '').split('\n').filter((line) => /^[a-e]\) /.test(line))
    expect(lines).toEqual(['a) Approve: Leave it alone', 'b) Deny: Delete all (safe)'])
  })

  test('survives a crash: what waits still waits, with its thread and its time', async () => {
    const path = `/tmp/muster-cards-${process.pid}-${Date.now()}.db`
    const { daemon, bob, token } = await crew({ path })
    const { id } = raise(bob, { default: { option: 'a', after: '1h' } })
    daemon.crash()
    using again = await TestCore.start({ path, clock: daemon.clock })
    const ann = again.connect(token)
    expect(asks(ann)).toHaveLength(1)
    again.pass(HOUR)
    expect(ann.call('decisions.get', { card: id }).card).toMatchObject({ state: 'expired', option: 'a' })
  })

  test('is decided wholly or not at all', async () => {
    let fails = false
    const driver = faultyDriver((sql) => {
      if (fails && sql.startsWith('INSERT INTO messages')) throw sqliteError('SQLITE_FULL')
    })
    const { daemon, ann, bob } = await crew({ driver })
    using _ = daemon
    const { id } = raise(bob)
    fails = true
    expect(() => ann.call('decisions.resolve', { card: id, option: 'a' })).toThrow()
    fails = false
    daemon.pass(MINUTE)
    expect(card(bob, id).state).toBe('waiting')
    ann.call('decisions.resolve', { card: id, option: 'a' })
    expect(told(bob)).toHaveLength(1)
  })

  test('is hidden from who neither raised it nor looks after the circle', async () => {
    const { daemon, bob, eve, join, ann } = await crew()
    using _ = daemon
    const { id } = raise(bob)
    const far = daemon.connect(join('far', { role: 'person', circle: 'lab' }).token)
    for (const peer of [eve, far]) {
      for (const operation of ['decisions.get', 'decisions.comment'])
        expect(peer.refusal(operation, { card: id, body: 'x' }).code).toMatch(/not_found|invalid_input/)
      expect(peer.call('decisions.queue', {}).cards).toEqual([])
      expect(peer.call('decisions.list', {}).cards).toEqual([])
    }
    expect(far.refusal('decisions.resolve', { card: id, option: 'a' })).toMatchObject({ code: 'not_found' })
    daemon.admin.call('grants.add', { peer: far.hello?.you.kind === 'peer' ? far.hello.you.peer.id : '', circle: 'main' })
    daemon.pass(LIMITS.cardLookMs)
    expect(asks(far)).toHaveLength(1)
    far.call('decisions.resolve', { card: id, option: 'a' })
    expect(ann.call('decisions.get', { card: id }).card.state).toBe('answered')
  })

  test('has limits: so many of one peer wait', async () => {
    const { daemon, bob } = await crew()
    using _ = daemon
    for (let n = 0; n < LIMITS.maxWaitingCards; n += 1) raise(bob, { question: `Number ${n}?` })
    expect(bob.refusal('decisions.raise', { ...QUESTION, question: 'One more?' })).toMatchObject({ code: 'too_many_cards', limit: LIMITS.maxWaitingCards })
  })
})

describe('quiet hours', () => {
  test('hold back what is not urgent until they are over; the queue shows it', async () => {
    const { daemon, ann, bob } = await crew()
    using _ = daemon
    expect(ann.call('decisions.quiet', { from: '22:00', to: '07:00', zone: 'UTC' })).toEqual({ quiet: { from: '22:00', to: '07:00', zone: 'UTC' } })
    const { id } = raise(bob)
    const urgent = raise(bob, { question: 'Does it burn?', priority: 'urgent' })
    expect(asks(ann).map(({ message }) => message.body)).toEqual([expect.stringContaining(urgent.id)])
    expect(ann.call('decisions.queue', {})).toMatchObject({ waiting: 2, quiet: { from: '22:00' } })
    daemon.pass(7 * HOUR - 1)
    expect(asks(ann)).toEqual([])
    daemon.pass(1)
    expect(asks(ann).map(({ message }) => message.body)).toEqual([expect.stringContaining(id)])
    expect(bob.refusal('decisions.quiet', { from: '22:00', to: '07:00' })).toMatchObject({ code: 'forbidden' })
    expect(ann.refusal('decisions.quiet', { from: '22:00', to: '07:00', zone: 'Nowhere/At_All' })).toMatchObject({ code: 'invalid_input' })
  })
})

describe('an approval', () => {
  const yes = (ann: CoreClient, id: string, more: object = {}) => ann.call('decisions.resolve', { card: id, option: 'a', ...more } as never).approvals[0]

  test('is for one peer, one action and its arguments, once', async () => {
    const { daemon, ann, bob, eve } = await crew()
    using _ = daemon
    const { card, verdict, tier } = bob.call('decisions.request', REQUEST)
    expect([verdict, tier, card?.kind]).toEqual(['waits', 'gate', 'approval'])
    const approval = yes(ann, card?.id ?? '')
    expect(told(bob)[0]).toContain(`You have ${approval?.id}`)
    const present = { approval: approval?.id ?? '', action: ACTION }
    expect(eve.refusal('approvals.use', present)).toMatchObject({ code: 'not_found' })
    expect(ann.refusal('approvals.use', present)).toMatchObject({ code: 'not_found' })
    const others = [
      { ...ACTION, kind: 'other' },
      { ...ACTION, name: 'npm run' },
      { ...ACTION, arguments: { ...ACTION.arguments, watch: true } },
      { ...ACTION, arguments: {} },
    ]
    for (const action of others) expect(bob.refusal('approvals.use', { ...present, action })).toMatchObject({ code: 'forbidden', reason: 'other_action' })
    // The order of arguments is nothing.
    expect(bob.call('approvals.check', { ...present, action: { ...ACTION, arguments: { watch: false, cwd: '/ship' } } })).toMatchObject({ allowed: true })
    const posted = [bob.post('approvals.use', present), bob.post('approvals.use', present)]
    daemon.pass(0)
    expect(bob.outcome(posted[0] as number)).toMatchObject({ approval: { state: 'used', uses: 1 } })
    expect(() => bob.outcome(posted[1] as number)).toThrow()
    expect(bob.refusal('approvals.use', present)).toMatchObject({ code: 'forbidden', reason: 'used' })
  })

  test('is over after a day, and when it is revoked', async () => {
    const { daemon, ann, bob } = await crew()
    using _ = daemon
    const first = yes(ann, bob.call('decisions.request', REQUEST).card?.id ?? '')
    daemon.pass(LIMITS.approvalMs)
    expect(bob.refusal('approvals.use', { approval: first?.id, action: ACTION })).toMatchObject({ reason: 'expired' })
    const second = yes(ann, bob.call('decisions.request', REQUEST).card?.id ?? '')
    ann.call('approvals.revoke', { approval: second?.id ?? '' })
    expect(bob.refusal('approvals.use', { approval: second?.id, action: ACTION })).toMatchObject({ reason: 'revoked' })
    expect(ann.call('approvals.list', { live: true }).approvals).toEqual([])
    expect(ann.call('approvals.list', {}).approvals.map(({ state }) => state)).toEqual(['revoked', 'expired'])
    expect(types(daemon)).toContain('approval.revoked')
  })

  test('can be a lease for a scope, a count and a time, shown with what it would have matched', async () => {
    const { daemon, ann, bob } = await crew()
    using _ = daemon
    const ask = (more: object = {}) => bob.call('decisions.request', { ...REQUEST, action: { ...ACTION, arguments: { ...ACTION.arguments, ...more } } })
    yes(ann, ask().card?.id ?? '')
    expect(ask()).toMatchObject({ verdict: 'allowed' })
    ann.call('decisions.resolve', { card: ask({ watch: true }).card?.id ?? '', option: 'b' })
    const { card: asked } = ask({ watch: 'on' })
    const id = asked?.id ?? ''
    expect(ann.call('approvals.preview', { card: id })).toEqual({ approved: 0, denied: 0, examined: 2 })
    expect(ann.call('approvals.preview', { card: id, scope: { cwd: '/ship' } })).toEqual({ approved: 1, denied: 1, examined: 2 })
    const lease = yes(ann, id, { lease: { scope: { cwd: '/ship' }, count: 2, for: '2h' } })
    expect(lease).toMatchObject({ form: 'lease', maxUses: 2, past: { approved: 1, denied: 1 }, scope: { cwd: '/ship' } })
    expect(ask({ cwd: '/elsewhere' }).verdict).toBe('waits')
    expect(ask({ n: 1 })).toMatchObject({ verdict: 'allowed', approval: { id: lease?.id, uses: 1 } })
    expect(ask({ n: 2 })).toMatchObject({ verdict: 'allowed', approval: { state: 'used', uses: 2 } })
    expect(ask({ n: 3 }).verdict).toBe('waits')
    const again = yes(ann, ask({ n: 4 }).card?.id ?? '', { lease: { scope: {}, count: 5, for: '2h' } })
    daemon.pass(2 * HOUR)
    expect(ask({ n: 5 }).verdict).toBe('waits')
    expect(ann.call('approvals.list', {}).approvals.find(({ id }) => id === again?.id)?.state).toBe('expired')
  })

  test('can be a lease for what the card says and nothing beside it, also where that is no argument at all', async () => {
    const { daemon, ann, bob } = await crew()
    using _ = daemon
    const ask = (given: object) => bob.call('decisions.request', { ...REQUEST, action: { ...ACTION, arguments: { ...given } } })
    const lease = { lease: { count: 3, for: '2h' } }
    expect(yes(ann, ask({ command: 'ls' }).card?.id ?? '', lease)).toMatchObject({ form: 'lease', maxUses: 3, scope: null })
    expect(ask({ command: 'ls', sandbox: 'off' }).verdict).toBe('waits')
    expect(ask({}).verdict).toBe('waits')
    expect(ask({ command: 'ls' })).toMatchObject({ verdict: 'allowed', approval: { form: 'lease', uses: 1 } })
    const { card: bare } = ask({})
    expect(ann.call('approvals.preview', { card: bare?.id ?? '' })).toEqual({ approved: 0, denied: 0, examined: 1 })
    yes(ann, bare?.id ?? '', lease)
    expect(ask({ command: 'rm' }).verdict).toBe('waits')
    expect(ask({}).verdict).toBe('allowed')
  })

  test('never comes from time: nobody answering denies, or blocks', async () => {
    const { daemon, bob } = await crew()
    using _ = daemon
    const { card: asked } = bob.call('decisions.request', { ...REQUEST, after: '1h' })
    daemon.pass(HOUR)
    expect(card(bob, asked?.id ?? '')).toMatchObject({ state: 'expired', option: 'b' })
    expect(daemon.rows('SELECT * FROM approvals')).toEqual([])
    expect(bob.call('decisions.request', REQUEST).verdict).toBe('waits')
    daemon.pass(20 * DAY)
    expect(daemon.rows('SELECT * FROM approvals')).toEqual([])
  })

  test('is given to each of those who asked for the same', async () => {
    const { daemon, ann, bob, eve } = await crew()
    using _ = daemon
    const id = bob.call('decisions.request', REQUEST).card?.id ?? ''
    expect(eve.call('decisions.request', REQUEST).card?.id).toBe(id)
    yes(ann, id)
    for (const peer of [bob, eve]) expect(peer.call('decisions.request', REQUEST).verdict).toBe('allowed')
    for (const peer of [bob, eve]) expect(peer.call('decisions.request', REQUEST).verdict).toBe('waits')
  })

  test('is used once by a request that is repeated under its key', async () => {
    const { daemon, ann, bob } = await crew()
    using _ = daemon
    yes(ann, bob.call('decisions.request', REQUEST).card?.id ?? '')
    for (let n = 0; n < 3; n += 1) expect(bob.call('decisions.request', { ...REQUEST, key: 'k' })).toMatchObject({ verdict: 'allowed', approval: { uses: 1 } })
  })
})

describe('tiers', () => {
  test('let happen what needs nobody, tell of what does not wait, and gate whatever is unknown', async () => {
    const { daemon, ann, bob, lead } = await crew()
    using _ = daemon
    const ask = (kind: string) => bob.call('decisions.request', { ...REQUEST, action: { ...ACTION, kind } })
    expect(ask('read')).toMatchObject({ verdict: 'allowed', tier: 'autonomous', card: null })
    expect(ask('milestone')).toMatchObject({ verdict: 'allowed', tier: 'notify' })
    expect(mail(ann)).toMatchObject([{ message: { kind: 'notify', from: { name: 'bob' }, body: expect.stringContaining('milestone: npm test') } }])
    for (const kind of ['constructor', 'unheard.of', 'deploy']) expect(ask(kind)).toMatchObject({ verdict: 'waits', tier: 'gate' })
    for (const peer of [bob, lead, daemon.admin]) expect(peer.refusal('tiers.set', { kind: 'deploy', tier: 'autonomous' })).toMatchObject({ code: 'forbidden' })
    ann.call('tiers.set', { kind: 'deploy', tier: 'autonomous' })
    expect(ask('deploy').verdict).toBe('allowed')
    expect(bob.call('tiers.list', {}).tiers.find(({ kind }) => kind === 'deploy')).toMatchObject({ tier: 'autonomous', setBy: { name: 'ann' } })
    ann.call('tiers.set', { kind: 'deploy', tier: null })
    expect(ask('deploy').verdict).toBe('waits')
  })
})

describe('cards of the daemon', () => {
  test('a mailbox with dead letters has one card, whose options do what they say in the name of the person', async () => {
    const { daemon, ann, bob, join, eve } = await crew()
    using _ = daemon
    const fay = join('fay')
    for (let n = 0; n < 3; n += 1) bob.call('threads.notify', { to: 'fay', body: `n${n}`, causedBy: null })
    fay.call('peers.retire', {})
    daemon.pass(MINUTE)
    const { cards } = ann.call('decisions.queue', {})
    expect(cards).toMatchObject([{ card: { source: 'dead_letters', question: 'What should become of the dead letters of fay?', requesters: [] } }])
    expect(eve.call('decisions.queue', {}).cards).toEqual([])
    const [ask] = asks(ann)
    expect(ask?.message.from).toBeNull()
    ann.call('threads.reply', { thread: ask?.thread.id ?? '', body: 'a' })
    expect(daemon.rows("SELECT * FROM deliveries WHERE state = 'dead'")).toEqual([])
    expect(daemon.rows<{ actor_id: number }>("SELECT actor_id FROM events WHERE type = 'delivery.discarded'")).toHaveLength(3)
    expect(ann.call('decisions.queue', {}).cards).toEqual([])
  })

  test('a card goes by itself when the dead letters have been dealt with', async () => {
    const { daemon, ann, bob, join } = await crew()
    using _ = daemon
    const fay = join('fay')
    bob.call('threads.notify', { to: 'fay', body: 'n', causedBy: null })
    fay.call('peers.retire', {})
    daemon.pass(MINUTE)
    const { dead } = bob.call('mailbox.dead', {})
    const asked = ann.call('decisions.queue', {}).cards[0]?.card.id ?? ''
    bob.call('mailbox.discard', { delivery: dead[0]?.delivery.id ?? '' })
    expect(card(ann, asked)).toMatchObject({ state: 'withdrawn', closed: { how: 'settled', by: null } })
  })

  test('a parked pair can be released, and is let be when its time is over', async () => {
    const { daemon, ann, bob, eve } = await crew()
    using _ = daemon
    const cause = bob.call('threads.notify', { to: 'eve', body: 'x', causedBy: null }).sent[0]?.message
    const talk = () => {
      for (let n = 0; n < LIMITS.pairMessages + 1; n += 1) eve.post('threads.notify', { to: 'bob', body: 'x', causedBy: cause })
      daemon.pass(0)
    }
    talk()
    const [first] = ann.call('decisions.queue', {}).cards
    expect(first?.card).toMatchObject({ source: 'parked_pair', default: { option: 'b' } })
    ann.call('decisions.resolve', { card: first?.card.id ?? '', option: 'a' })
    expect(ann.call('pairs.list', {}).pairs).toEqual([])
    daemon.pass(LIMITS.pairWindowMs)
    talk()
    const [second] = ann.call('decisions.queue', {}).cards
    daemon.pass(LIMITS.pairParkedMs)
    expect(card(ann, second?.card.id ?? '')).toMatchObject({ state: 'expired', option: 'b' })
  })

  test('a schedule that failed too often can be resumed', async () => {
    const { daemon, ann, bob, join } = await crew()
    using _ = daemon
    const fay = join('fay')
    const { schedule } = bob.call('schedules.create', { to: 'fay', body: 'x', every: '1m' })
    fay.call('peers.retire', {})
    for (let n = 0; n < LIMITS.maxScheduleFailures; n += 1) daemon.pass(MINUTE)
    const found = ann.call('decisions.queue', {}).cards.find(({ card }) => card.source === 'failed_schedule')
    ann.call('decisions.resolve', { card: found?.card.id ?? '', option: 'a' })
    expect(bob.call('schedules.get', { schedule: schedule.id }).schedule.state).toBe('active')
  })
})

test('cards and approvals are forgotten 90 days after their end; what waits is kept', async () => {
  const { daemon, ann, bob } = await crew()
  using _ = daemon
  const waits = raise(bob)
  const done = raise(bob, { question: 'Another?' })
  ann.call('decisions.resolve', { card: done.id, option: 'a' })
  ann.call('decisions.resolve', { card: bob.call('decisions.request', REQUEST).card?.id ?? '', option: 'a' })
  daemon.age(LIMITS.cardMs + 3 * DAY)
  expect(daemon.rows<{ id: number }>('SELECT id FROM decisions').map(({ id }) => daemon.core.store.id('decision', id))).toEqual([waits.id])
  expect(daemon.rows('SELECT * FROM approvals')).toEqual([])
})
