import type { Approval, Card, Input } from '../../../src/contract/index.ts'
import { expectId } from '../arguments.ts'
import { fileFlag, readBody } from '../body.ts'
import type { Invocation } from '../command.ts'
import { closedText, showApprovals, showCard, showCards, showQueue, showTiers } from '../decisions/show.ts'
import { EXIT } from '../exit-codes.ts'
import { usageError } from '../failure.ts'
import { family } from '../family.ts'
import type { Flag } from '../flags.ts'
import { showList } from '../listing.ts'
import { asPeer, asReader } from '../open-caller.ts'
import { PRIORITIES, PRIORITY_FLAG } from '../sending.ts'

const PAGE = 50
const LETTERS = ['a', 'b', 'c', 'd', 'e'] as const
const STATES = ['waiting', 'answered', 'approved', 'denied', 'revised', 'withdrawn', 'expired', 'superseded'] as const
const TIERS = ['autonomous', 'notify', 'gate', 'default'] as const
const ACTION = {
  with: { type: 'string', value: 'json', summary: 'Its arguments, as a JSON object' },
} as const satisfies Record<string, Flag>
const LIMIT = { limit: { type: 'string', value: 'count', summary: `At most so many (${PAGE})` } } as const satisfies Record<string, Flag>
const CIRCLE = { circle: { type: 'string', value: 'circle', summary: 'Of this circle' } } as const satisfies Record<string, Flag>

export const command = family({
  name: 'decide',
  about: [
    'Cards wait for a person: which of a few options, or whether an action may happen. Only the credential of a person decides one, and only once;',
    'from then on it says who did, when, and on which device. A letter as the answer on its thread does the same. A card is',
    'raised with what a decision needs, from a JSON file; what is missing is said.',
  ],
  fallback: 'queue',
  actions: {
    queue: { summary: 'What waits, what costs most first', words: [], flags: LIMIT, run: queue },
    list: {
      summary: 'All cards, the newest first',
      words: [],
      flags: {
        state: { type: 'string', value: 'state', summary: `Only ${STATES.join(', ')}`, values: STATES },
        before: { type: 'string', value: 'card', summary: 'Go on before this one' },
        ...LIMIT,
      },
      run: list,
    },
    show: { summary: 'One, with all there is to know', words: ['card'], run: show },
    resolve: {
      summary: 'Decide it, by the letter of an option',
      words: ['card', 'letter'],
      flags: {
        note: { type: 'string', value: 'text', summary: 'What you have to say with it' },
        lease: { type: 'string', value: 'duration', summary: 'Say yes to what comes, too, for so long' },
        count: { type: 'string', value: 'count', summary: 'With --lease, so many times (10)' },
        scope: { type: 'string', value: 'json', summary: 'With --lease, arguments that must be so (all of the card, and no others)' },
      },
      run: resolve,
    },
    revise: { summary: 'Say how it should be instead', words: ['card', 'text?'], flags: { file: fileFlag('text') }, run: revise },
    raise: { summary: 'Raise a card from a JSON file', words: [], flags: { file: fileFlag('card') }, run: raise },
    request: {
      summary: 'Ask whether an action may happen',
      words: ['kind', 'action'],
      flags: {
        ...ACTION,
        why: { type: 'string', value: 'text', summary: 'Why it should happen' },
        risk: { type: 'string', value: 'text', summary: 'What may go wrong' },
        after: { type: 'string', value: 'duration', summary: 'Take silence for a no after this; otherwise it stays blocked' },
        ...PRIORITY_FLAG,
      },
      run: request,
    },
    comment: { summary: 'Say something without deciding', words: ['card', 'text?'], flags: { file: fileFlag('text') }, run: comment },
    withdraw: { summary: 'Take a card back', words: ['card', 'reason'], run: withdraw },
    preview: {
      summary: 'What a lease would have matched so far',
      words: ['card'],
      flags: { scope: { type: 'string', value: 'json', summary: 'Arguments that must be so (all of the card, and no others)' } },
      run: preview,
    },
    approvals: {
      summary: 'What was said yes to',
      words: [],
      flags: {
        live: { type: 'boolean', summary: 'Only what can be used' },
        peer: { type: 'string', value: 'peer', summary: 'Only those of this peer' },
        before: { type: 'string', value: 'approval', summary: 'Go on before this one' },
        ...LIMIT,
      },
      run: approvals,
    },
    use: { summary: 'Use an approval for an action', words: ['approval', 'kind', 'action'], flags: ACTION, run: use },
    check: { summary: 'Whether an approval could be used', words: ['approval', 'kind', 'action'], flags: ACTION, run: check },
    revoke: { summary: 'End an approval or a lease', words: ['approval'], run: revoke },
    tiers: { summary: 'Which kinds of action need a person', words: [], flags: CIRCLE, run: tiers },
    tier: { summary: 'Say what a kind of action needs', words: ['kind', 'tier'], flags: CIRCLE, run: tier },
    quiet: {
      summary: 'Hours in which cards wait, unless urgent; without times, none',
      words: ['from?', 'to?'],
      flags: { zone: { type: 'string', value: 'zone', summary: 'Where these hours are, such as Europe/Berlin' } },
      run: quiet,
    },
  },
  examples: [
    ['muster decide', 'what waits for you'],
    ['muster decide resolve dec_k7qm2x1 b --note "not before Monday"', 'decided, with a word'],
    [`muster decide resolve dec_k7qm2x1 a --lease 2h --scope '{"cwd":"/ship"}'`, 'yes to the next ten there, too'],
    ['muster decide raise --file card.json', 'put a question to people'],
    [`muster decide request deploy v2 --why "It is tested." --risk "Downtime."`, 'may this happen?'],
    ['muster decide tier deploy notify', 'tell me, and do not ask'],
    ['muster decide quiet 22:00 07:00 --zone Europe/Berlin', 'let me sleep'],
  ],
})

async function queue(invocation: Invocation): Promise<number> {
  const { out } = invocation
  const found = await asReader(invocation, ({ call }) => call('decisions.queue', { limit: limitOf(invocation) }))
  const status = showList(out, { document: { ...found }, rows: found.cards, show: showQueue, none: 'Nothing waits for a decision.' })
  if (found.waiting > found.cards.length && !out.json) out.note(`and ${found.waiting - found.cards.length} more; --limit shows them.`)
  return status
}

async function list(invocation: Invocation): Promise<number> {
  const { flags, out } = invocation
  const [state, from] = [flags.choice('state', STATES), flags.text('before')]
  const input = { limit: limitOf(invocation), ...(state && { state }), ...(from !== undefined && { before: expectId(from, ['decision']) }) }
  const { cards, before } = await asReader(invocation, ({ call }) => call('decisions.list', input))
  const status = showList(out, { document: { cards, before }, rows: cards, show: showCards, none: 'There are no cards.' })
  if (before !== null && !out.json) out.note(`There are more: --before ${before}`)
  return status
}

async function show(invocation: Invocation): Promise<number> {
  const found = await asReader(invocation, ({ call }) => call('decisions.get', one(invocation)))
  if (invocation.out.json) invocation.out.document({ ...found })
  else showCard(invocation.out, found)
  return EXIT.ok
}

async function resolve(invocation: Invocation): Promise<number> {
  const { flags, words, out } = invocation
  const option = LETTERS.find((letter) => letter === words[1]?.toLowerCase())
  if (option === undefined) throw usageError(`"${words[1]}" is no option`, 'Expected the letter of one, such as b.')
  const [note, span, scope] = [flags.text('note'), flags.text('lease'), flags.text('scope')]
  const count = flags.count('count', { min: 1, max: 1_000 })
  if (span === undefined && (count ?? scope) !== undefined) throw usageError('--count and --scope go with --lease', 'Say for how long: --lease 2h.')
  const lease = span === undefined ? undefined : { for: span, count: count ?? 10, ...(scope !== undefined && { scope: objectOf('scope', scope) }) }
  const input = { ...one(invocation), option, ...(note !== undefined && { note }), ...(lease && { lease }) }
  const { card, approvals } = await asPeer(invocation, ({ call }) => call('decisions.resolve', input))
  if (out.json) out.document({ card, approvals })
  else {
    out.line(`${card.id} is ${closedText(out, card)}.`)
    for (const each of approvals) out.line(leaseText(each))
  }
  return EXIT.ok
}

function leaseText({ id, form, maxUses, past }: Approval): string {
  if (form === 'once') return `${id} can be used once.`
  return `${id} can be used ${maxUses} times. Of past answers it would have matched ${past.approved} that approved and ${past.denied} that denied.`
}

async function revise(invocation: Invocation): Promise<number> {
  const text = await textOf(invocation, 'text')
  const { card } = await asPeer(invocation, ({ call }) => call('decisions.resolve', { ...one(invocation), revise: text }))
  return tell(invocation, card)
}

async function raise(invocation: Invocation): Promise<number> {
  const { flags, environment, out } = invocation
  const text = await readBody({ word: undefined, file: flags.text('file'), what: 'card' }, environment)
  const input = objectOf('file', text) as Input<'decisions.raise'>
  const { card, folded } = await asPeer(invocation, ({ call }) => call('decisions.raise', input))
  if (out.json) out.document({ card, folded })
  else out.line(folded ? `${card.id} asks the same already; you are told with the others.` : `${card.id} waits for a person.`)
  return EXIT.ok
}

async function request(invocation: Invocation): Promise<number> {
  const { flags, words, out } = invocation
  const [why, risk, after, priority] = [flags.text('why'), flags.text('risk'), flags.text('after'), flags.choice('priority', PRIORITIES)]
  if (why === undefined || risk === undefined) throw usageError('--why and --risk are missing', 'Whoever decides needs both.')
  const input = { action: actionOf(invocation, words), why, risk, ...(after !== undefined && { after }), ...(priority && { priority }) }
  const found = await asPeer(invocation, ({ call }) => call('decisions.request', input))
  if (out.json) out.document({ ...found })
  else if (found.verdict === 'waits') out.line(`Not yet: ${found.card?.id} waits for a person. Ask again when you are told.`)
  else out.line(`Allowed${found.approval === null ? ` (${found.tier})` : ` by ${found.approval.id}`}, this once.`)
  return EXIT.ok
}

async function comment(invocation: Invocation): Promise<number> {
  const input = { ...one(invocation), body: await textOf(invocation, 'text') }
  const { number } = await asPeer(invocation, ({ call }) => call('decisions.comment', input))
  if (invocation.out.json) invocation.out.document({ number })
  else invocation.out.line(`Said on ${input.card}, which still waits or was decided as before.`)
  return EXIT.ok
}

async function withdraw(invocation: Invocation): Promise<number> {
  const input = { ...one(invocation), reason: invocation.words[1] ?? '' }
  const { card } = await asPeer(invocation, ({ call }) => call('decisions.withdraw', input))
  return tell(invocation, card)
}

async function preview(invocation: Invocation): Promise<number> {
  const { flags, out } = invocation
  const scope = flags.text('scope')
  const input = { ...one(invocation), ...(scope !== undefined && { scope: objectOf('scope', scope) }) }
  const found = await asReader(invocation, ({ call }) => call('approvals.preview', input))
  if (out.json) out.document({ ...found })
  else out.line(`Of the last ${found.examined} answers it would have matched ${found.approved} that approved and ${found.denied} that denied.`)
  return EXIT.ok
}

async function approvals(invocation: Invocation): Promise<number> {
  const { flags, out } = invocation
  const [peer, from] = [flags.text('peer'), flags.text('before')]
  const page = from === undefined ? {} : { before: expectId(from, ['approval']) }
  const input = { live: flags.on('live'), limit: limitOf(invocation), ...(peer !== undefined && { peer }), ...page }
  const found = await asReader(invocation, ({ call }) => call('approvals.list', input))
  const status = showList(out, { document: { ...found }, rows: found.approvals, show: showApprovals, none: 'There are no approvals.' })
  if (found.before !== null && !out.json) out.note(`There are more: --before ${found.before}`)
  return status
}

async function use(invocation: Invocation): Promise<number> {
  const { approval } = await asPeer(invocation, ({ call }) => call('approvals.use', presented(invocation)))
  return tellApproval(invocation, approval, `${approval.id} is used, ${approval.uses} of ${approval.maxUses}.`)
}

async function check(invocation: Invocation): Promise<number> {
  const { out } = invocation
  const found = await asPeer(invocation, ({ call }) => call('approvals.check', presented(invocation)))
  if (out.json) out.document({ ...found })
  else out.line(found.allowed ? `${found.approval.id} can be used for that.` : `${found.approval.id} cannot be used: ${found.reason?.replace('_', ' ')}.`)
  return found.allowed ? EXIT.ok : EXIT.failed
}

async function revoke(invocation: Invocation): Promise<number> {
  const input = { approval: expectId(invocation.words[0] ?? '', ['approval']) }
  const { approval } = await asPeer(invocation, ({ call }) => call('approvals.revoke', input))
  return tellApproval(invocation, approval, `${approval.id} is ${approval.state}.`)
}

async function tiers(invocation: Invocation): Promise<number> {
  const circle = invocation.flags.text('circle')
  // Without a name it is one's own circle, and the administrator has none.
  const found = await (circle === undefined ? asPeer : asReader)(invocation, ({ call }) => call('tiers.list', circle === undefined ? {} : { circle }))
  const status = showList(invocation.out, { document: { ...found }, rows: found.tiers, show: showTiers, none: 'Everything is a gate.' })
  if (!invocation.out.json) invocation.out.note('Every other kind is a gate.')
  return status
}

async function tier(invocation: Invocation): Promise<number> {
  const { words, flags, out } = invocation
  const chosen = TIERS.find((each) => each === words[1])
  if (chosen === undefined) throw usageError(`"${words[1]}" is no tier`, `Expected one of: ${TIERS.join(', ')}.`)
  const circle = flags.text('circle')
  const input = { kind: words[0] ?? '', tier: chosen === 'default' ? null : chosen, ...(circle !== undefined && { circle }) }
  const { tier } = await asPeer(invocation, ({ call }) => call('tiers.set', input))
  if (out.json) out.document({ tier })
  else out.line(`${tier.kind} is ${tier.tier} in ${tier.circle}.`)
  return EXIT.ok
}

async function quiet(invocation: Invocation): Promise<number> {
  const { words, flags, out } = invocation
  const [from, to] = words
  const zone = flags.text('zone')
  const times = from === undefined ? {} : { from, ...(to !== undefined && { to }) }
  const { quiet } = await asPeer(invocation, ({ call }) => call('decisions.quiet', { ...times, ...(zone !== undefined && { zone }) }))
  if (out.json) out.document({ quiet })
  else out.line(quiet === null ? 'You have no quiet hours.' : `From ${quiet.from} to ${quiet.to} (${quiet.zone}) only what is urgent reaches you.`)
  return EXIT.ok
}

function one({ words }: Invocation): { readonly card: string } {
  return { card: expectId(words[0] ?? '', ['decision']) }
}

function presented(invocation: Invocation) {
  const [approval = '', ...rest] = invocation.words
  return { approval: expectId(approval, ['approval']), action: actionOf(invocation, rest) }
}

function actionOf({ flags }: Invocation, [kind = '', name = '']: readonly string[]) {
  const given = flags.text('with')
  return { kind, name, arguments: given === undefined ? {} : objectOf('with', given) }
}

function objectOf(flag: string, text: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text)
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Record<string, unknown>
  } catch {
    // What it is not is said below.
  }
  throw usageError(`--${flag} is no JSON object`, `Expected one like {"cwd": "/ship"}.`)
}

function limitOf({ flags }: Invocation): number {
  return flags.count('limit', { min: 1, max: 200 }) ?? PAGE
}

async function textOf({ words, flags, environment }: Invocation, what: string): Promise<string> {
  return await readBody({ word: words[1], file: flags.text('file'), what }, environment)
}

function tell({ out }: Invocation, card: Card): number {
  if (out.json) out.document({ card })
  else out.line(card.state === 'waiting' ? `${card.id} goes on for the others.` : `${card.id} is ${closedText(out, card)}.`)
  return EXIT.ok
}

function tellApproval({ out }: Invocation, approval: Approval, line: string): number {
  if (out.json) out.document({ approval })
  else out.line(line)
  return EXIT.ok
}
