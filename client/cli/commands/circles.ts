import type { Output as Result } from '../../../src/contract/index.ts'
import { MusterError } from '../../../src/errors.ts'
import type { Invocation } from '../command.ts'
import { EXIT } from '../exit-codes.ts'
import { family } from '../family.ts'
import { pageFlags, pageOf, showList } from '../listing.ts'
import { nearest } from '../nearest.ts'
import { asReader } from '../open-caller.ts'
import type { Output } from '../output.ts'
import { showPeers } from '../show.ts'
import { relativeTime } from '../when.ts'

type Circle = Result<'circles.list'>['circles'][number]

export const command = family({
  name: 'circles',
  about: [
    'Circles: groups of peers that may address each other. You see yours and those you hold a grant for, the administrator all.',
    'A circle comes to be when it is made here or with the first enrolment into it, and stays.',
  ],
  fallback: 'list',
  actions: {
    list: { summary: 'The circles', words: [], run: list },
    create: { summary: 'Make one, before anybody is in it', words: ['name'], run: create },
    members: { summary: 'The peers of one', words: ['circle'], flags: pageFlags('peer id', 50), run: members },
  },
  examples: [
    ['muster circles', 'which there are'],
    ['muster circles members main', 'who is in one'],
    ['muster circles create lab', 'make one'],
    ['muster token enrol --circle lab', 'let programs join it'],
  ],
})

async function list(invocation: Invocation): Promise<number> {
  const { circles } = await asReader(invocation, ({ call }) => call('circles.list', {}))
  return showList(invocation.out, { document: { circles }, rows: circles, show: showCircles, none: 'There are no circles yet: the first peer makes one.' })
}

async function create(invocation: Invocation): Promise<number> {
  const [name = ''] = invocation.words
  const { circle } = await asReader(invocation, ({ call }) => call('circles.create', { name }))
  if (invocation.out.json) invocation.out.document({ circle })
  else invocation.out.line(`Made the circle ${circle.name}. Let programs join it: muster token enrol --circle ${circle.name}`)
  return EXIT.ok
}

function showCircles(out: Output, circles: readonly Circle[]): void {
  out.table(
    ['CIRCLE', 'PEERS', 'CREATED', 'ID'],
    circles.map(({ name, peers, createdAt, id }) => [name, peers, relativeTime(createdAt, out.now), id]),
  )
}

async function members(invocation: Invocation): Promise<number> {
  const { words, flags, out } = invocation
  const [circle = ''] = words
  const input = { circle, ...pageOf(flags) }
  const { peers, after } = await asReader(invocation, async ({ call }) => {
    // An empty page would say the same of a circle that is mistyped.
    const { circles } = await call('circles.list', {})
    const names = circles.map(({ name }) => name)
    if (names.some((name) => name.toLowerCase() === circle.toLowerCase())) return await call('peers.list', input)
    const near = nearest(circle, names)
    throw new MusterError('not_found', { name: circle, hint: near ? `Did you mean ${near}?` : 'circles.list shows those that there are.' })
  })
  return showList(out, { document: { peers, after }, rows: peers, show: showPeers, none: 'Nobody is in it yet.', after })
}
