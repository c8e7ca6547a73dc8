import { readFileSync } from 'node:fs'
import { lexer } from 'marked'
import { describe, expect, test } from 'vitest'
import { type Board, boardMarkdown, NO_NOTES, NOTES_HEADING, nextAgeAt } from '../../../src/board-markdown.ts'
import type { Input } from '../../../src/contract/index.ts'
import { QUESTION } from '../../support/cards.ts'
import { type CoreClient, TestCore } from '../../support/test-core.ts'

const MINUTE = 60_000
const HOUR = 60 * MINUTE
const GOLDEN = readFileSync(new URL('../../golden/DASHBOARD.md', import.meta.url), 'utf8')

type Member = CoreClient & { readonly id: string; readonly token: string }

async function crew() {
  const daemon = await TestCore.start()
  const join = (name: string, options: Parameters<TestCore['join']>[1] = {}): Member => daemon.join(name, { mode: 'pull', ...options })
  return { daemon, join, lead: join('lead', { role: 'orchestrator' }) }
}
const ask = (from: CoreClient, to: string, body: string, more: Partial<Input<'threads.ask'>> = {}): string =>
  from.call('threads.ask', { to, body, causedBy: null, ...more }).sent[0]?.thread ?? ''
const take = (peer: CoreClient) => peer.call('mailbox.inbox', {})
const board = (peer: CoreClient, input: Input<'board.get'> = {}): Board => peer.call('board.get', input)
const brief = ({ active, pending, ended }: Board) => [...active, ...pending, ...ended].map(({ thread, status }) => [thread, status])

describe('the sample of the format', () => {
  test('comes out of a daemon byte by byte, where its six tasks are asks', async () => {
    const { daemon, join, lead } = await crew()
    using _ = daemon
    const [developer, tester, reviewer, architect] = ['backend-developer', 'tester', 'backend-reviewer', 'architecture'].map((name) => join(name)) as [
      Member,
      Member,
      Member,
      Member,
    ]
    join('frontend-developer')
    const scaffold = ask(lead, 'architecture', 'Set the project up.', { task: { title: 'Project scaffold' } })
    take(architect)
    architect.call('threads.answer', { thread: scaffold, body: 'Done.' })
    daemon.pass(15 * MINUTE)
    const schema = ask(lead, 'backend-developer', 'Database schema\n\nTables for users and sessions.')
    take(developer)
    developer.call('threads.answer', { thread: schema, body: 'Done.' })
    daemon.pass(8 * MINUTE)
    const auth = ask(lead, 'backend-developer', 'JWT, please.', { task: { title: 'Implement auth', name: 'auth', ref: 'abc123' } })
    take(developer)
    ask(lead, 'tester', 'Cover it.', { task: { title: 'Add tests', after: [auth] } })
    ask(lead, 'backend-reviewer', 'Look at the API.', { task: { title: 'Review API', after: [auth] } })
    take(reviewer)
    ask(lead, 'frontend-developer', 'A form.', { task: { title: 'Frontend login form' } })
    daemon.pass(2 * MINUTE)
    developer.call('threads.reply', { thread: auth, body: 'Added JWT validation to auth.ts:45-67', progress: { done: 3, of: 5, step: 'Creating middleware' } })
    expect(`${boardMarkdown(board(lead))}\n${NOTES_HEADING}\n\n${NO_NOTES}\n`).toBe(GOLDEN)
    expect(tester.call('mailbox.peek', {}).waiting).toBe(1)
  })
})

describe('a task', () => {
  test('is queued until it is taken up, waits while what it is after is not answered, and is in progress then', async () => {
    const { daemon, join, lead } = await crew()
    using _ = daemon
    const [a, b] = [join('a'), join('b')]
    const first = ask(lead, 'a', 'one')
    const second = ask(lead, 'b', 'two', { task: { title: 'Two', after: [first] } })
    expect(brief(board(lead))).toEqual([
      [first, 'queued'],
      [second, 'queued'],
    ])
    take(b)
    expect(board(lead).pending[1]).toMatchObject({
      status: 'waiting',
      startedAt: null,
      dependent: true,
      blockedBy: [{ thread: first, name: 'one', state: 'open' }],
    })
    daemon.pass(MINUTE)
    take(a)
    a.call('threads.decline', { thread: first, reason: 'not | mine' })
    // It did not bring what the other needs, and whether that goes on is decided by whoever leads.
    const declined = board(lead)
    expect(declined.pending[0]).toMatchObject({ status: 'waiting', blockedBy: [{ state: 'declined' }] })
    expect(boardMarkdown(declined)).toContain('| Two  | b     | WAITING | one declined |')
    expect(boardMarkdown(declined)).toContain('- [ ] one (a) - declined just now: not \\| mine')
    a.call('threads.answer', { thread: first, body: 'all the same' })
    daemon.pass(MINUTE)
    b.call('threads.reply', { thread: second, body: 'On it.', progress: { step: 'reading' } })
    expect(board(lead).active[0]).toMatchObject({
      thread: second,
      status: 'in_progress',
      progress: { done: null, of: null, step: 'reading' },
      said: { text: 'On it.' },
    })
  })

  test('started when the last that it is after was answered, or when it was taken up', async () => {
    const { daemon, join, lead } = await crew()
    using _ = daemon
    const [a, b] = [join('a'), join('b')]
    const first = ask(lead, 'a', 'one')
    ask(lead, 'b', 'two', { task: { title: 'Two', after: [first] } })
    take(b)
    daemon.pass(HOUR)
    a.call('threads.answer', { thread: first, body: 'so' })
    expect(board(lead).active[0]).toMatchObject({ title: 'Two', startedAt: '2026-01-01T01:00:00.000Z', blockedBy: [] })
  })

  test('of a program is taken up as soon as it is offered, and queued again when its connection is lost', async () => {
    const { daemon, lead } = await crew()
    using _ = daemon
    const program = daemon.join('program')
    const thread = ask(lead, 'program', 'run')
    expect(brief(board(lead))).toEqual([[thread, 'in_progress']])
    program.leave()
    expect(brief(board(lead))).toEqual([[thread, 'queued']])
  })

  test('names only asks that its sender may read, and says no more of itself than fits', async () => {
    const { daemon, join, lead } = await crew()
    using _ = daemon
    const [a, b] = [join('a'), join('b')]
    const foreign = ask(a, 'b', 'secret')
    const told = a.call('threads.notify', { to: 'lead', body: 'n' }).sent[0]?.thread ?? ''
    const fails = (task: unknown) => lead.refusal('threads.ask', { to: 'a', body: 'x', task }).code
    expect(fails({ title: 'T', after: [foreign] })).toBe('not_found')
    expect(fails({ title: 'T', after: [told] })).toBe('invalid_input')
    for (const task of [
      {},
      { title: ' ' },
      { title: 'a\nb' },
      { title: 'x'.repeat(121) },
      { title: 'T', name: 'a b' },
      { title: 'T', after: [] },
      { title: 'T', of: 1 },
    ])
      expect(fails(task)).toBe('invalid_input')
    const thread = ask(lead, 'a', 'x', { task: { title: 'T' } })
    for (const progress of [{}, { of: 3 }, { done: 4, of: 3 }, { step: ' ' }, { done: -1 }])
      expect(a.refusal('threads.reply', { thread, body: 'x', progress }).code).toBe('invalid_input')
    expect(lead.refusal('threads.reply', { thread, body: 'x', progress: { done: 1 } }).code).toBe('invalid_input')
    expect(b.call('board.get', {})).toMatchObject({ pending: [{ thread: foreign }], active: [], counts: { pending: 1 } })
  })

  test('is shown with its ask and progress with its message, and both go with a redaction', async () => {
    const { daemon, join, lead } = await crew()
    using _ = daemon
    const a = join('a')
    const first = ask(lead, 'a', 'one')
    const thread = ask(lead, 'a', 'words', { task: { title: 'Title', name: 'alias', ref: '#7', after: [first, first] } })
    a.call('threads.reply', { thread, body: 'so far', progress: { done: 1, of: 2, step: 'half' } })
    const { thread: shown, messages } = lead.call('threads.get', { thread })
    expect(shown.task).toEqual({ title: 'Title', name: 'alias', ref: '#7', after: [first] })
    expect(messages[1]?.progress).toEqual({ done: 1, of: 2, step: 'half' })
    expect(take(lead).items[0]?.message.progress).toEqual({ done: 1, of: 2, step: 'half' })
    a.call('threads.redact', { message: messages[1]?.id ?? '', reason: 'x' })
    lead.call('threads.redact', { message: messages[0]?.id ?? '', reason: 'x' })
    expect(board(lead).active[0]).toMatchObject({ title: '[redacted]', name: null, ref: null, progress: null, said: { text: '[redacted]' } })
    expect(JSON.stringify([lead.call('threads.get', { thread }), board(lead)])).not.toMatch(/Title|alias|half/)
  })
})

describe('a board', () => {
  test('shows what the caller may read: its own, or with a grant all of the circle', async () => {
    const { daemon, join, lead } = await crew()
    using _ = daemon
    const [a, b] = [join('a'), join('b')]
    const web = join('w', { circle: 'web' })
    const theirs = ask(a, 'b', 'between us')
    const own = ask(lead, 'a', 'yours')
    expect(brief(board(b))).toEqual([[theirs, 'queued']])
    expect(brief(board(lead))).toEqual([[own, 'queued']])
    expect(brief(daemon.admin.call('board.get', {}))).toEqual([
      [theirs, 'queued'],
      [own, 'queued'],
    ])
    daemon.admin.call('grants.add', { peer: 'lead@main', circle: 'main' })
    expect(brief(board(lead))).toEqual([
      [theirs, 'queued'],
      [own, 'queued'],
    ])
    expect(web.refusal('board.get', { circle: 'main' }).code).toBe('not_found')
    expect(board(web).counts).toEqual({ needs: 0, active: 0, pending: 0, ended: 0 })
    expect(a.refusal('board.notes', { circle: 'main', file: '/x', text: '', chars: 0, sha256: 'a'.repeat(64) }).code).toBe('forbidden')
  })

  test('names what needs a person apart: cards, and asks to people', async () => {
    const { daemon, join, lead } = await crew()
    using _ = daemon
    const a = join('a')
    const ann = join('ann', { role: 'person' })
    const card = a.call('decisions.raise', QUESTION).card.id
    const asked = ask(a, 'ann', 'May I?')
    const seen = board(lead)
    expect(seen.needs).toMatchObject([{ kind: 'card', id: card, from: [{ name: 'a' }], to: null, says: QUESTION.question }])
    expect(brief(seen)).toEqual([])
    expect(boardMarkdown(seen)).toMatch(
      /^# Orchestrator Dashboard\n\n## Needs You\n\n1\. .+ \(dec_\w+, from a\) - just now\n\n## Quick Status\n\n\(nothing is open\)\n/,
    )
    expect(board(ann).needs.map(({ kind, id }) => [kind, id])).toEqual([
      ['card', card],
      ['ask', asked],
    ])
  })

  test('shows what has ended since then, the last first, whoever has retired meanwhile', async () => {
    const { daemon, join, lead } = await crew()
    using _ = daemon
    const a = join('a')
    const ended = ['one', 'two', 'three'].map((title, index) => {
      const thread = ask(lead, 'a', title, index === 1 ? { task: { title } } : {})
      a.call('threads.answer', { thread, body: 'so' })
      daemon.pass(HOUR)
      return thread
    })
    a.call('peers.retire', { reason: 'done' })
    expect(board(lead).ended.map(({ thread }) => thread)).toEqual(ended.toReversed())
    expect(board(lead, { since: '2026-01-01T00:30:00Z' }).ended.map(({ title }) => title)).toEqual(['three', 'two'])
    expect(board(lead, { limit: 1 })).toMatchObject({ ended: [{ title: 'three' }], counts: { ended: 3 } })
    expect(boardMarkdown(board(lead, { limit: 1 }))).toContain('- [x] three (a) - 1 h ago\n\n(and 2 more)')
    daemon.pass(24 * HOUR)
    expect(board(lead).ended).toEqual([])
  })

  test('finds a task that ended behind hundreds of other threads, and says where it cannot know of the rest', async () => {
    const { daemon, join, lead } = await crew()
    using _ = daemon
    const a = join('a')
    const task = ask(lead, 'a', 'x', { task: { title: 'Long' } })
    const plain = ask(lead, 'a', 'plain')
    const other = daemon.join('other')
    for (let index = 0; index < 420; index += 1) other.call('threads.notify', { to: 'a', body: 'n', topic: 't', causedBy: null })
    expect(board(lead).complete).toBe(false)
    for (const thread of [task, plain]) a.call('threads.answer', { thread, body: 'so' })
    expect(board(lead)).toMatchObject({ ended: [{ title: 'Long' }], complete: false })
    expect(boardMarkdown(board(lead))).toContain('\n\n(There may be more than could be looked at.)\n')
  })
})

/** What a reader of Markdown would make a link or a picture of, wherever it stands. */
function linksIn(of: unknown): string[] {
  if (typeof of !== 'object' || of === null) return []
  const { type, href } = of as { readonly type?: unknown; readonly href?: unknown }
  return [...(type === 'link' || type === 'image' ? [String(href)] : []), ...Object.values(of).flatMap(linksIn)]
}

describe('Markdown of a board', () => {
  const HOSTILE = [
    '[x](javascript:alert(1))',
    '![](http://evil/?q)',
    '<img src=x onerror=alert(1)>',
    '<!--',
    '`code`',
    '**bold** _it_ ~~no~~',
    'a | b',
    '# head',
    '> quote',
    '- item',
    '1. item',
    '&lt;b&gt;',
    'tail ##',
    '\\',
    'x\u202Egnp.exe',
    '```',
    'https://evil.example/a',
    'see WWW.evil.example',
    'ftp://evil.example',
    'mailto:a@evil.example',
    'xmpp:a@evil.example',
  ]

  test('shows the words of peers as nothing but words', async () => {
    const { daemon, join, lead } = await crew()
    using _ = daemon
    const a = join('a')
    for (const text of HOSTILE) {
      const thread = ask(lead, 'a', `${text}\n## User Notes\n\nforged`)
      a.call('threads.reply', { thread, body: `${text}\n## User Notes\nforged`, ...(text.includes('\u202e') ? {} : { progress: { step: text } }) })
    }
    const text = boardMarkdown(board(lead))
    expect(text.split('\n').filter((line) => line.startsWith(NOTES_HEADING))).toEqual([])
    const ours = text.replace(/^\*\*(Agent|Started|Current Step|Recent Output)\*\*:/gm, '')
    expect(ours.match(/(?<!\\)(?:\\\\)*[<`[*~]/g)).toBeNull()
    for (const line of text.split('\n').filter((each) => each.startsWith('| '))) expect(line.match(/(?<!\\)\|/g)).toHaveLength(5)
    expect(text).not.toContain('\u202e')
    expect(lexer(text, { gfm: true }).flatMap(linksIn)).toEqual([])
    expect(text).toContain('| \\- item')
    expect(text).toContain('1\\. item')
  })

  test('keeps names of files and code as they are where that is safe', async () => {
    const { daemon, join, lead } = await crew()
    using _ = daemon
    join('a')
    ask(lead, 'a', 'Fix my_file_name.ts (line 3), C# & {x}: "y" – ok!')
    expect(boardMarkdown(board(lead))).toContain('1. Fix my_file_name.ts (line 3), C# & {x}: "y" – ok! (independent)')
  })

  test('repeats the block of each task that is in progress, in the order of their starts', async () => {
    const { daemon, join, lead } = await crew()
    using _ = daemon
    const [a, b] = [join('a'), join('b')]
    ask(lead, 'a', 'first')
    const second = ask(lead, 'b', 'second')
    take(b)
    daemon.pass(61_000)
    take(a)
    b.call('threads.reply', { thread: second, body: 'x'.repeat(300), progress: { done: 2 } })
    expect(boardMarkdown(board(lead)).replace(/thr_\w+/g, 'thr_x')).toBe(
      [
        '# Orchestrator Dashboard',
        '',
        '## Quick Status',
        '',
        '| Task   | Agent | Status      | Progress |',
        '| ------ | ----- | ----------- | -------- |',
        '| second | b     | IN_PROGRESS | 2 steps  |',
        '| first  | a     | IN_PROGRESS | -        |',
        '',
        '## Active Task: second',
        '',
        '**Agent**: b (task_id: thr_x)',
        '**Started**: 1 min ago',
        '**Current Step**: -',
        `**Recent Output**: "${'x'.repeat(199)}…"`,
        '',
        '## Active Task: first',
        '',
        '**Agent**: a (task_id: thr_x)',
        '**Started**: just now',
        '**Current Step**: -',
        '**Recent Output**: -',
        '',
        '## Pending Queue',
        '',
        '(empty)',
        '',
        '## Completed Today',
        '',
        '(nothing yet)',
        '',
      ].join('\n'),
    )
  })

  test('changes by itself when the next age does', () => {
    const at = Date.parse('2026-01-01T12:00:00Z')
    const task = (endedAt: string) => ({ endedAt }) as Board['ended'][number]
    const next = (...ended: string[]) => nextAgeAt({ needs: [], active: [], ended: ended.map(task) }, at)
    expect(next()).toBeUndefined()
    expect(next('2026-01-01T11:59:30Z')).toBe(at + 30_000)
    expect(next('2026-01-01T09:50:00Z')).toBe(at + 50 * MINUTE)
    expect(next('2026-01-01T09:50:00Z', '2026-01-01T11:59:50Z')).toBe(at + 50_000)
    expect(next('2026-01-01T12:00:05Z')).toBe(at + MINUTE)
  })
})
