import type { Review } from '../../../src/contract/index.ts'
import { expectId } from '../arguments.ts'
import { fileFlag, readBody } from '../body.ts'
import type { Invocation } from '../command.ts'
import { EXIT } from '../exit-codes.ts'
import { usageError } from '../failure.ts'
import { family } from '../family.ts'
import type { Flag } from '../flags.ts'
import { pageFlags, pageOf, showList } from '../listing.ts'
import { asPeer, asReader } from '../open-caller.ts'
import { showHistory, showReview, showReviews } from '../reviews/show.ts'
import { subjectOf } from '../reviews/what.ts'
import { PRIORITIES, PRIORITY_FLAG } from '../sending.ts'
import { peerName } from '../show.ts'
import { safeLine } from '../text.ts'

const PAGE = 50
const STATES = ['owed', 'reviewed', 'ended'] as const
const KINDS = ['pull_request', 'branch', 'range', 'artifact'] as const
const VERDICTS = ['approve', 'request_changes', 'comment'] as const

const CIRCLE = { circle: { type: 'string', value: 'circle', summary: 'Of this circle' } } as const satisfies Record<string, Flag>
const NOTE = { note: { type: 'string', value: 'text', summary: 'What you have to say; - reads stdin' }, file: fileFlag('note') } as const satisfies Record<
  string,
  Flag
>
const GIVING = {
  to: { type: 'string', value: 'peer', summary: 'Whom it goes to' },
  cap: { type: 'string', value: 'capability', summary: 'Or whoever has this capability and owes the fewest' },
  'other-runtime': { type: 'boolean', summary: 'With --cap, only a runtime that no author has' },
  ...PRIORITY_FLAG,
  nudge: { type: 'string', value: 'interval', summary: 'Remind whoever owes it, every 24h for example' },
  ...NOTE,
} as const satisfies Record<string, Flag>

export const command = family({
  name: 'review',
  about: [
    'What a peer touched is owed a look by somebody else: not by its author, nor by those who spawned it or were spawned by it. A review holds for',
    'one head; a push makes it owed again. Pull requests are found in what peers say; `request` adds whatever else is to be looked at.',
  ],
  fallback: 'queue',
  actions: {
    queue: {
      summary: 'What you owe, the oldest first',
      words: [],
      flags: { assigned: { type: 'boolean', summary: 'Only what was given to you' }, ...CIRCLE, ...pageFlags('review', PAGE) },
      run: queue,
    },
    list: {
      summary: 'All reviews, the newest first',
      words: [],
      flags: {
        state: { type: 'string', value: 'state', summary: `Only ${STATES.join(', ')}`, values: STATES },
        kind: { type: 'string', value: 'kind', summary: `Only ${KINDS.join(', ')}`, values: KINDS },
        by: { type: 'string', value: 'peer', summary: 'Touched by this peer' },
        assignee: { type: 'string', value: 'peer', summary: 'Given to this peer' },
        before: { type: 'string', value: 'review', summary: 'Go on before this one' },
        ...CIRCLE,
      },
      run: list,
    },
    show: { summary: 'One, with its history', words: ['review'], flags: CIRCLE, run: show },
    request: {
      summary: 'Ask for a look',
      words: ['what'],
      flags: {
        sha: { type: 'string', value: 'commit', summary: 'The commit to look at, or that you looked at' },
        title: { type: 'string', value: 'text', summary: 'What it is called' },
        author: { type: 'string', repeats: true, value: 'peer', summary: 'Who touched it, if not you; for orchestrators and people' },
        ...GIVING,
        ...CIRCLE,
      },
      run: request,
    },
    assign: {
      summary: 'Give one to a peer',
      words: ['review'],
      flags: { ...GIVING, deadline: { type: 'string', value: 'duration', summary: 'How long it has (24h)' } },
      run: assign,
    },
    mark: {
      summary: 'Say that you have looked at it',
      words: ['review'],
      flags: {
        sha: { type: 'string', value: 'commit', summary: 'The commit to look at, or that you looked at' },
        verdict: { type: 'string', value: 'verdict', summary: `${VERDICTS.join(', ')} (comment)`, values: VERDICTS },
        ...NOTE,
        ...CIRCLE,
      },
      run: mark,
    },
    comment: { summary: 'Say something without clearing it', words: ['review', 'note?'], flags: { file: fileFlag('note'), ...CIRCLE }, run: comment },
    withdraw: { summary: 'Take one out of the queue', words: ['review', 'reason'], run: withdraw },
  },
  examples: [
    ['muster review', 'what you owe'],
    ['muster review request . --to bob', 'the branch that is checked out, at its commit'],
    ['muster review assign rvw_k7qm2x4 --cap review --other-runtime', 'whoever can, and runs on something else'],
    ['muster review mark rvw_k7qm2x4 --sha 1a2b3c4 --verdict approve', 'looked at, at that commit'],
    ['muster review list --state owed --by ann', "what of ann's work waits"],
    ['muster review show rvw_k7qm2x4', 'its heads, verdicts and comments'],
  ],
})

async function queue(invocation: Invocation): Promise<number> {
  const { flags, out } = invocation
  const input = { assigned: flags.on('assigned'), limit: PAGE, ...circleOf(invocation), ...pageOf(flags) }
  const { reviews, after } = await asReader(invocation, ({ call }) => call('reviews.queue', input))
  return showList(out, { document: { reviews, after }, rows: reviews, show: showReviews, none: 'No review is owed.', after })
}

async function list(invocation: Invocation): Promise<number> {
  const { flags, out } = invocation
  const filter = { state: flags.choice('state', STATES), kind: flags.choice('kind', KINDS), author: flags.text('by'), assignee: flags.text('assignee') }
  const before = flags.text('before')
  const page = before === undefined ? {} : { before: expectId(before, ['review']) }
  const input = { ...given(filter), ...circleOf(invocation), ...page, limit: PAGE }
  const { reviews, before: next } = await asReader(invocation, ({ call }) => call('reviews.list', input))
  const code = showList(out, { document: { reviews, before: next }, rows: reviews, show: showReviews, none: 'There are no reviews.' })
  if (next !== null) out.note(`There are more: muster review list --before ${next}`)
  return code
}

async function show(invocation: Invocation): Promise<number> {
  const { out } = invocation
  const named = which(invocation)
  const found = await asReader(invocation, ({ call }) => call('reviews.get', { ...named, ...circleOf(invocation), limit: PAGE }))
  if (out.json) out.document({ ...found })
  else {
    showReview(out, found.review)
    out.line()
    showHistory(out, found.history)
  }
  return EXIT.ok
}

async function request(invocation: Invocation): Promise<number> {
  const { flags, words, environment } = invocation
  const { subject, sha } = await subjectOf(words[0] ?? '', environment.cwd())
  const said = given({ sha: flags.text('sha') ?? sha, title: flags.text('title') })
  const authors = flags.all('author')
  const input = { subject, ...said, ...(authors.length > 0 && { authors: [...authors] }), ...(await givingOf(invocation)), ...circleOf(invocation) }
  const { review } = await asPeer(invocation, ({ call }) => call('reviews.request', input))
  return tell(invocation, review, `${review.id} is owed a look${review.assignee === null ? '' : ` by ${peerName(review.assignee)}`}.`)
}

async function assign(invocation: Invocation): Promise<number> {
  const deadline = invocation.flags.text('deadline')
  const input = { review: one(invocation), ...(await givingOf(invocation)), ...(deadline !== undefined && { deadline }) }
  const { review } = await asReader(invocation, ({ call }) => call('reviews.assign', input))
  return tell(invocation, review, `${peerName(review.assignee)} is asked to review ${review.subject}.`)
}

async function mark(invocation: Invocation): Promise<number> {
  const { flags } = invocation
  const said = given({ sha: flags.text('sha'), verdict: flags.choice('verdict', VERDICTS), note: await noteOf(invocation) })
  const named = which(invocation)
  const { review } = await asPeer(invocation, ({ call }) => call('reviews.mark', { ...named, ...said, ...circleOf(invocation) }))
  const head = review.reviewedHead === null ? '' : ` at ${review.reviewedHead.slice(0, 10)}`
  return tell(invocation, review, `${review.subject} is reviewed${head}: ${review.verdict}.`)
}

async function comment(invocation: Invocation): Promise<number> {
  const { flags, words, environment } = invocation
  const note = await readBody({ word: words[1], file: flags.text('file'), what: 'note' }, environment)
  const named = which(invocation)
  const { review } = await asPeer(invocation, ({ call }) => call('reviews.comment', { ...named, note, ...circleOf(invocation) }))
  return tell(invocation, review, `Said about ${review.subject}, which stays ${review.state}.`)
}

async function withdraw(invocation: Invocation): Promise<number> {
  const input = { review: one(invocation), reason: invocation.words[1] ?? '' }
  const { review } = await asReader(invocation, ({ call }) => call('reviews.withdraw', input))
  return tell(invocation, review, `${review.subject} is out of the queue.`)
}

/** Its id, or the link of its pull or merge request. */
function which({ words }: Invocation): { readonly review: string } {
  const [review = ''] = words
  return { review: review.includes('://') ? review : expectId(review, ['review']) }
}

function one({ words }: Invocation): string {
  return expectId(words[0] ?? '', ['review'])
}

function circleOf({ flags }: Invocation): { readonly circle?: string } {
  return given({ circle: flags.text('circle') })
}

async function noteOf({ flags, environment }: Invocation): Promise<string | undefined> {
  const [word, file] = [flags.text('note'), flags.text('file')]
  return word === undefined && file === undefined ? undefined : await readBody({ word, file, what: 'note' }, environment)
}

async function givingOf(invocation: Invocation) {
  const { flags } = invocation
  const capability = flags.text('cap')
  const otherRuntime = flags.on('other-runtime')
  if (otherRuntime && capability === undefined) throw usageError('--other-runtime needs --cap', 'Say among whom: --cap review.')
  const select = capability === undefined ? {} : { select: { capability, otherRuntime } }
  return {
    ...given({ to: flags.text('to'), priority: flags.choice('priority', PRIORITIES), nudge: flags.text('nudge'), note: await noteOf(invocation) }),
    ...select,
  }
}

function tell({ out }: Invocation, review: Review, line: string): number {
  if (out.json) out.document({ review })
  else out.line(safeLine(line))
  return EXIT.ok
}

function given<T extends object>(fields: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as { [K in keyof T]?: Exclude<T[K], undefined> }
}
