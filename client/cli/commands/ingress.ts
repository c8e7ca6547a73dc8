import type { Input, Source } from '../../../src/contract/index.ts'
import type { Invocation } from '../command.ts'
import { EXIT } from '../exit-codes.ts'
import { usageError } from '../failure.ts'
import { family } from '../family.ts'
import type { Flag } from '../flags.ts'
import { creationOf, newSecretOf, optionsOf, SECRET_FLAGS, SOURCE_FLAGS } from '../ingress/options.ts'
import { placeOf, showArrivals, showRefusals, showSource, showSources } from '../ingress/show.ts'
import { showList } from '../listing.ts'
import { asReader } from '../open-caller.ts'

const PAGE = 20

export const command = family({
  name: 'ingress',
  about: [
    'Events from outside, such as the webhooks of a forge, become messages to a peer. A source says how they are signed, where the secret stands, to',
    'whom they go and what is said. Only the administrator and people change sources; show says what came and what was turned away, and why. A source that',
    'is paused tells its senders to come again later. While its secret is rotated, events signed with the old one and with the new one are taken.',
  ],
  fallback: 'list',
  actions: {
    list: { summary: 'The sources', words: [], run: list },
    create: {
      summary: 'Make one',
      words: ['name'],
      flags: { ...SOURCE_FLAGS, circle: { type: 'string', value: 'circle', summary: 'The circle that it speaks in (main)' } satisfies Flag },
      run: create,
    },
    show: {
      summary: 'One, with what came and what was turned away',
      words: ['source'],
      flags: {
        limit: { type: 'string', value: 'count', summary: `At most so many arrivals (${PAGE})` },
        before: { type: 'string', value: 'arrival', summary: 'Go on before this one' },
      },
      run: show,
    },
    update: { summary: 'Change one; "none" takes a deadline, a topic or events away', words: ['source'], flags: SOURCE_FLAGS, run: update },
    test: {
      summary: 'Send it a sample, signed, through its own door',
      words: ['source'],
      flags: {
        event: { type: 'string', value: 'name', summary: 'Of this event (the first that is wanted)' },
        body: { type: 'string', value: 'json', summary: 'With this JSON object as its body' },
      },
      run: test,
    },
    pause: {
      summary: 'Take nothing for now; senders are told to come again',
      words: ['source'],
      flags: { reason: { type: 'string', value: 'text', summary: 'Why' } },
      run: pause,
    },
    resume: { summary: 'Take events again', words: ['source'], run: resume },
    rotate: { summary: 'Name a new secret; the old one verifies as well until finish', words: ['source'], flags: SECRET_FLAGS, run: rotate },
    finish: {
      summary: 'End a rotation: the old secret verifies nothing any more',
      words: ['source'],
      flags: {
        'keep-old': { type: 'boolean', summary: 'Drop the new one instead' },
        force: { type: 'boolean', summary: 'Also where the other one still verifies events, or this one none' },
      },
      run: finish,
    },
    remove: { summary: 'Close it', words: ['source'], run: remove },
  },
  examples: [
    ['muster ingress create ci --from github --secret-file ~/ci.secret --to lead', 'what GitHub sends goes to lead'],
    ['muster ingress update ci --events issues --where action=opened', 'only new issues'],
    ['muster ingress update ci --text "{{sender.login}}: {{issue.title}}"', 'what is said'],
    ['muster ingress update ci --to role:orchestrator --one --kind ask', 'who leads has to answer'],
    ['muster ingress test ci', 'a signed sample: does it arrive?'],
    ['muster ingress show ci', 'why a hook did nothing'],
    ['muster ingress pause ci --reason "too much"', 'until muster ingress resume ci'],
    ['muster ingress rotate ci --secret-file ~/ci-2.secret', 'then change it there, and at last: muster ingress finish ci'],
  ],
})

async function list(invocation: Invocation): Promise<number> {
  const { sources } = await asReader(invocation, ({ call }) => call('ingress.list', {}))
  return showList(invocation.out, { document: { sources }, rows: sources, show: showSources, none: 'There are no sources.' })
}

async function create(invocation: Invocation): Promise<number> {
  const input = creationOf(invocation)
  const { source } = await asReader(invocation, ({ call }) => call('ingress.create', input))
  return tell(invocation, source, `${source.name} takes events at ${source.url ?? source.path}.`)
}

async function update(invocation: Invocation): Promise<number> {
  const changes = optionsOf(invocation)
  if (Object.keys(changes).length === 0) throw usageError('nothing is to be changed', 'Say what with a flag; --help lists them.')
  const input = { ...one(invocation), ...changes }
  const { source } = await asReader(invocation, ({ call }) => call('ingress.update', input))
  return tell(invocation, source, `${source.name} is changed.`)
}

async function pause(invocation: Invocation): Promise<number> {
  const reason = invocation.flags.text('reason')
  const input = { ...one(invocation), ...(reason !== undefined && { reason }) }
  const { source } = await asReader(invocation, ({ call }) => call('ingress.pause', input))
  return tell(invocation, source, `${source.name} is paused: who sends to it is told to come again. muster ingress resume ${source.name} lets it go on.`)
}

async function resume(invocation: Invocation): Promise<number> {
  const meant = one(invocation)
  const { source } = await asReader(invocation, ({ call }) => call('ingress.resume', meant))
  return tell(invocation, source, `${source.name} takes events.`)
}

async function rotate(invocation: Invocation): Promise<number> {
  const input = { ...one(invocation), secret: newSecretOf(invocation) }
  const { source } = await asReader(invocation, ({ call }) => call('ingress.rotate', input))
  const { name, rotation } = source
  const next = `Give the new one to the sender; when events come by it, as muster ingress show ${name} says, muster ingress finish ${name} drops the old one.`
  const status = tell(invocation, source, `Two secrets of ${name} verify. ${next}`)
  if (source.problem === null && rotation?.new.problem) invocation.out.problem(`the new one verifies nothing yet: ${rotation.new.problem}`)
  return status
}

async function finish(invocation: Invocation): Promise<number> {
  const { flags } = invocation
  const input = { ...one(invocation), keep: flags.on('keep-old') ? ('old' as const) : ('new' as const), force: flags.on('force') }
  const { source } = await asReader(invocation, ({ call }) => call('ingress.finish', input))
  return tell(invocation, source, `${source.name} has one secret: ${placeOf(source.secret)}.`)
}

function tell({ out }: Invocation, source: Source, line: string): number {
  if (out.json) out.document({ source })
  else out.line(line)
  if (source.problem !== null) out.problem(`it can take nothing yet: ${source.problem}`)
  return EXIT.ok
}

async function show(invocation: Invocation): Promise<number> {
  const { flags, out } = invocation
  const from = flags.text('before')
  const page = { limit: flags.count('limit', { min: 1, max: 200 }) ?? PAGE, ...(from !== undefined && { before: from }) }
  const meant = one(invocation)
  const [{ source }, { arrivals, before, refused }] = await asReader(invocation, ({ call }) =>
    Promise.all([call('ingress.get', meant), call('ingress.arrivals', { ...meant, ...page })]),
  )
  if (out.json) {
    out.document({ source, arrivals, before, refused })
    return EXIT.ok
  }
  showSource(out, source)
  if (arrivals.length > 0) showArrivals(out, arrivals)
  else out.note('Nothing has come that proved where it came from.')
  if (before !== null) out.note(`There are more: --before ${before}`)
  showRefusals(out, refused)
  return EXIT.ok
}

async function test(invocation: Invocation): Promise<number> {
  const { flags, out } = invocation
  const [event, body] = [flags.text('event'), objectOf(flags.text('body'))]
  const input = { ...one(invocation), ...(event !== undefined && { event }), ...(body && { body }) }
  const [{ status, arrival, says }, { source }] = await asReader(invocation, ({ call }) =>
    Promise.all([call('ingress.test', input), call('ingress.get', one(invocation))]),
  )
  const isTaken = status < 300
  if (out.json) out.document({ status, arrival, says })
  else if (isTaken && arrival?.outcome === 'filtered') out.line('It was taken, and dropped: it is none of the events that are wanted.')
  else if (isTaken) out.line(`It was taken${arrival?.thread ? ` and sent: ${arrival.thread}` : ''}.`)
  else out.problem(`the door answered ${status}`, arrival?.reason ?? says ?? '')
  if (source.paused) out.note(`${source.name} is paused: until muster ingress resume ${source.name} it takes samples only.`)
  return isTaken ? EXIT.ok : EXIT.failure
}

async function remove(invocation: Invocation): Promise<number> {
  const { out } = invocation
  const meant = one(invocation)
  const { removed } = await asReader(invocation, ({ call }) => call('ingress.remove', meant))
  if (out.json) out.document({ removed })
  else out.line(`${meant.source} is closed.`)
  return EXIT.ok
}

function one({ words }: Invocation): { source: string } {
  return { source: words[0] ?? '' }
}

function objectOf(text: string | undefined): Input<'ingress.test'>['body'] {
  if (text === undefined) return undefined
  try {
    const value: unknown = JSON.parse(text)
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Record<string, unknown>
  } catch {
    // Said below.
  }
  throw usageError('--body is no JSON object', 'Expected one like {"action":"opened"}.')
}
