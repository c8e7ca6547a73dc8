import type { Output as Result } from '../../../src/contract/index.ts'
import type { Invocation } from '../command.ts'
import { EXIT } from '../exit-codes.ts'
import { family } from '../family.ts'
import type { Flag } from '../flags.ts'
import { showList } from '../listing.ts'
import { asReader } from '../open-caller.ts'
import type { Output } from '../output.ts'
import { peerName } from '../show.ts'
import { safeLine } from '../text.ts'
import { relativeTime } from '../when.ts'

type Grant = Result<'grants.list'>['grants'][number]

const RIGHT = {
  observe: { type: 'boolean', summary: 'To report what forges say, for a service, in place of reaching the circle' },
} as const satisfies Record<string, Flag>

export const command = family({
  name: 'grants',
  about: [
    'Grants let an orchestrator, a person or an observer reach and read another circle than its own. The administrator gives and revokes them;',
    'a peer sees its own. With --observe they let a service report what forges say about the reviews of a circle, which may end them.',
  ],
  fallback: 'list',
  actions: {
    list: { summary: 'The grants', words: [], run: list },
    give: { summary: 'Let a peer into a circle', words: ['peer', 'circle'], flags: RIGHT, run: give },
    revoke: { summary: 'Take a grant back', words: ['peer', 'circle'], flags: RIGHT, run: revoke },
  },
  examples: [
    ['muster grants', 'who reaches beyond its circle'],
    ['muster grants give lead ops', 'the orchestrator lead may reach the circle ops'],
    ['muster grants revoke lead ops', 'not any more'],
  ],
})

async function list(invocation: Invocation): Promise<number> {
  const { grants } = await asReader(invocation, ({ call }) => call('grants.list', {}))
  return showList(invocation.out, { document: { grants }, rows: grants, show: showGrants, none: 'There are no grants.' })
}

function showGrants(out: Output, grants: readonly Grant[]): void {
  out.table(
    ['PEER', 'ROLE', 'MAY', 'CIRCLE', 'SINCE'],
    grants.map(({ peer, circle, right, createdAt }) => [peerName(peer), peer.role, right, circle, relativeTime(createdAt, out.now)]),
  )
}

async function give(invocation: Invocation): Promise<number> {
  const { words, out } = invocation
  const [peer = '', circle = ''] = words
  const { grant } = await asReader(invocation, ({ call }) => call('grants.add', { peer, circle, ...rightOf(invocation) }))
  if (out.json) out.document({ grant })
  else out.line(`${peerName(grant.peer)} may ${grant.right === 'observe' ? 'report what forges say about' : 'reach and read'} ${grant.circle}.`)
  return EXIT.ok
}

function rightOf({ flags }: Invocation): { right?: 'observe' } {
  return flags.on('observe') ? { right: 'observe' } : {}
}

async function revoke(invocation: Invocation): Promise<number> {
  const { words, out } = invocation
  const [peer = '', circle = ''] = words
  const { removed } = await asReader(invocation, ({ call }) => call('grants.remove', { peer, circle, ...rightOf(invocation) }))
  if (out.json) out.document({ removed })
  else out.line(safeLine(removed ? `${peer} may do that no more in ${circle}.` : `${peer} held no grant for ${circle}.`))
  return EXIT.ok
}
