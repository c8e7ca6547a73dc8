import type { Output as Result } from '../../../src/contract/index.ts'
import type { Invocation } from '../command.ts'
import { EXIT } from '../exit-codes.ts'
import { family } from '../family.ts'
import { showList } from '../listing.ts'
import { asReader } from '../open-caller.ts'
import type { Output } from '../output.ts'
import { peerName } from '../show.ts'
import { safeLine } from '../text.ts'
import { relativeTime } from '../when.ts'

type Grant = Result<'grants.list'>['grants'][number]

export const command = family({
  name: 'grants',
  about: [
    'Grants let an orchestrator, a person or an observer reach and read another circle than its own. The administrator gives and revokes them;',
    'a peer sees its own.',
  ],
  fallback: 'list',
  actions: {
    list: { summary: 'The grants', words: [], run: list },
    give: { summary: 'Let a peer into a circle', words: ['peer', 'circle'], run: give },
    revoke: { summary: 'Take a grant back', words: ['peer', 'circle'], run: revoke },
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
    ['PEER', 'ROLE', 'MAY REACH', 'SINCE'],
    grants.map(({ peer, circle, createdAt }) => [peerName(peer), peer.role, circle, relativeTime(createdAt, out.now)]),
  )
}

async function give(invocation: Invocation): Promise<number> {
  const { words, out } = invocation
  const [peer = '', circle = ''] = words
  const { grant } = await asReader(invocation, ({ call }) => call('grants.add', { peer, circle }))
  if (out.json) out.document({ grant })
  else out.line(`${peerName(grant.peer)} may reach and read ${grant.circle}.`)
  return EXIT.ok
}

async function revoke(invocation: Invocation): Promise<number> {
  const { words, out } = invocation
  const [peer = '', circle = ''] = words
  const { removed } = await asReader(invocation, ({ call }) => call('grants.remove', { peer, circle }))
  if (out.json) out.document({ removed })
  else out.line(safeLine(removed ? `${peer} may not reach ${circle} any more.` : `${peer} held no grant for ${circle}.`))
  return EXIT.ok
}
