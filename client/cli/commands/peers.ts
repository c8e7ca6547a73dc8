import { rmSync } from 'node:fs'
import type { Input, Peer } from '../../../src/contract/index.ts'
import { readToken, writePrivateFile } from '../../local/private-file.ts'
import { daemonAddress } from '../address.ts'
import type { Invocation } from '../command.ts'
import { EXIT } from '../exit-codes.ts'
import { family } from '../family.ts'
import { pageFlags, pageOf, showList } from '../listing.ts'
import { asReader, connectAs } from '../open-caller.ts'
import { peerName, showPeer, showPeers } from '../show.ts'

const ROLES = ['agent', 'orchestrator', 'service', 'person', 'observer'] as const
const PRESENCES = ['online', 'away', 'offline'] as const

const LIST_FLAGS = {
  circle: { type: 'string', value: 'circle', summary: 'Only of this circle' },
  role: { type: 'string', value: 'role', summary: `Only with this role: ${ROLES.join(', ')}`, values: ROLES },
  cap: { type: 'string', value: 'capability', summary: 'Only with this capability' },
  presence: { type: 'string', value: 'presence', summary: `Only ${PRESENCES.join(', ')}`, values: PRESENCES },
  match: { type: 'string', value: 'text', summary: 'Only with this in the name' },
  retired: { type: 'boolean', summary: 'Also those that have retired' },
  ...pageFlags('peer id', 50),
} as const

export const command = family({
  name: 'peers',
  about: [
    'The muster roll: who there is, whether they are online, in a turn, and how they can be reached.',
    'A peer is named by its name, name@circle or id. To retire is for good: open asks to the peer end with notice, its credentials too.',
  ],
  fallback: 'list',
  advice: (word) => `To see one peer: muster peers show ${word}`,
  actions: {
    list: { summary: 'Who there is', words: [], flags: LIST_FLAGS, run: list },
    show: { summary: 'One peer', words: ['peer'], run: show },
    rename: { summary: 'Give a peer another name', words: ['peer', 'new name'], run: rename },
    retire: {
      summary: 'Let a peer leave for good',
      words: ['peer'],
      flags: { reason: { type: 'string', value: 'text', summary: 'Why a peer retires' } },
      run: retire,
    },
  },
  examples: [
    ['muster peers', 'everyone'],
    ['muster peers --presence online --cap review', 'who could review now'],
    ['muster peers show bob', 'one of them'],
    ['muster peers rename bob robert', 'same peer, another name'],
    ['muster peers retire bob --reason "project done"', 'for good'],
  ],
})

async function list(invocation: Invocation): Promise<number> {
  const { flags, out } = invocation
  const filter = filterOf(invocation)
  const { peers, after } = await asReader(invocation, ({ call }) => call('peers.list', { ...filter, retired: flags.on('retired') }))
  const none = Object.keys(filter).length > 0 ? 'No peer fits.' : 'There are no peers yet.'
  return showList(out, { document: { peers, after }, rows: peers, show: showPeers, none, after })
}

function filterOf({ flags }: Invocation): Input<'peers.list'> {
  const role = flags.choice('role', ROLES)
  const presence = flags.choice('presence', PRESENCES)
  const texts = { circle: flags.text('circle'), capability: flags.text('cap'), match: flags.text('match') }
  const given = Object.fromEntries(Object.entries(texts).filter(([, value]) => value !== undefined))
  return { ...given, ...pageOf(flags), ...(role && { role }), ...(presence && { presence }) }
}

async function show(invocation: Invocation): Promise<number> {
  const { out, words } = invocation
  const { peer } = await asReader(invocation, ({ call }) => call('peers.get', { peer: words[0] ?? '' }))
  if (out.json) out.document({ peer })
  else showPeer(out, peer)
  return EXIT.ok
}

async function rename(invocation: Invocation): Promise<number> {
  const { words, out, environment } = invocation
  const [address = '', name = ''] = words
  const { before, peer, kept } = await asReader(invocation, async ({ call }) => {
    const before = (await call('peers.get', { peer: address })).peer
    const kept = await keptToken(invocation, before)
    return { before, kept, peer: (await call('peers.rename', { peer: before.id, name })).peer }
  })
  if (kept && peer.name.toLowerCase() !== before.name.toLowerCase()) {
    writePrivateFile(environment.paths.peerToken(peer.name), kept.token)
    rmSync(kept.path, { force: true })
  }
  if (out.json) out.document({ peer, was: before.name })
  else out.line(`${peerName(before)} is now ${peerName(peer)}.`)
  return EXIT.ok
}

async function retire(invocation: Invocation): Promise<number> {
  const { words, flags, out } = invocation
  const reason = flags.text('reason')
  const { peer, kept } = await asReader(invocation, async ({ call }) => {
    const before = (await call('peers.get', { peer: words[0] ?? '' })).peer
    const kept = await keptToken(invocation, before)
    return { kept, peer: (await call('peers.retire', { peer: before.id, ...(reason === undefined ? {} : { reason }) })).peer }
  })
  // It ended with the peer; left in place it would only refuse the next peer of that name.
  if (kept) rmSync(kept.path, { force: true })
  if (out.json) out.document({ peer })
  else out.line(`${peerName(peer)} has retired.`)
  return EXIT.ok
}

/** The stored credential of a peer, once the daemon has confirmed that it is this peer's: another circle may have the same name. */
async function keptToken(invocation: Invocation, peer: Peer): Promise<{ readonly path: string; readonly token: string } | undefined> {
  const { flags, environment } = invocation
  const path = environment.paths.peerToken(peer.name)
  // What is kept here is for the daemon here.
  const token = daemonAddress(flags, environment).local ? readToken(path) : undefined
  if (token === undefined) return undefined
  try {
    const caller = await connectAs(invocation, token)
    const { you } = caller.hello
    await caller.close()
    return you.kind === 'peer' && you.peer.id === peer.id ? { path, token } : undefined
  } catch {
    // A credential that is not accepted proves nothing, so the file stays.
    return undefined
  }
}
