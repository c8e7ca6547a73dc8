import type { Peer } from '../../../src/contract/index.ts'
import { DRIVERS } from '../../agents/drivers.ts'
import type { Invocation } from '../command.ts'
import { findDaemon } from '../daemon-search.ts'
import { openReader } from '../open-caller.ts'
import { peerName } from '../show.ts'
import type { Check, Finding } from './check.ts'

const PAGE = 200

/** Which sessions of each runtime can be reached at this moment, and how. Needs a daemon; where none runs, its own check says so. */
export const reachCheck: Check = {
  async run(invocation) {
    if ((await findDaemon(invocation.environment.paths)).kind !== 'running') return []
    const peers = await onlinePeers(invocation)
    return Object.values(DRIVERS).flatMap(({ name, shortName, title }) => reachOf(name, shortName, title, peers))
  },
}

function reachOf(runtime: string, subject: string, title: string, peers: readonly Peer[]): readonly Finding[] {
  const own = peers.filter((peer) => peer.runtime === runtime)
  if (own.length === 0) return []
  const facts = { peers: own.map((peer) => ({ peer: peerName(peer), presence: peer.presence, turn: peer.turn, reach: peer.reach })) }
  const says = own.map((peer) => `${peerName(peer)}: ${peer.reach}`).join(', ')
  const isMute = own.some(({ reach }) => reach === 'none' || reach === 'poll')
  if (!isMute) return [{ subject, check: 'reach', state: 'ok', says, facts }]
  const hint = `A session at "poll" is told nothing until it looks: its hooks have not fired. Restart it, or see /hooks in ${title}.`
  return [{ subject, check: 'reach', state: 'warn', says, hint, facts }]
}

async function onlinePeers(invocation: Invocation): Promise<readonly Peer[]> {
  const { call, close } = await openReader(invocation)
  try {
    const found: Peer[] = []
    for (const presence of ['online', 'away'] as const) {
      let after: string | null = null
      do {
        const page: { readonly peers: Peer[]; readonly after: string | null } = await call('peers.list', {
          presence,
          limit: PAGE,
          ...(after !== null && { after }),
        })
        found.push(...page.peers)
        after = page.after
      } while (after !== null)
    }
    return found
  } finally {
    await close()
  }
}
