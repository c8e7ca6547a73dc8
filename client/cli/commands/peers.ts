import { rmSync } from 'node:fs'
import type { Input, Peer } from '../../../src/contract/index.ts'
import { readToken, writePrivateFile } from '../../local/private-file.ts'
import { daemonAddress } from '../address.ts'
import { expectWords } from '../arguments.ts'
import type { Caller } from '../caller.ts'
import type { Command, Invocation } from '../command.ts'
import { EXIT } from '../exit-codes.ts'
import { usageError } from '../failure.ts'
import { nearest } from '../nearest.ts'
import { connectAs, openReader } from '../open-caller.ts'
import { peerName, showPeers } from '../show.ts'
import { relativeTime } from '../when.ts'

const ROLES = ['agent', 'orchestrator', 'service', 'person', 'observer'] as const
const PRESENCES = ['online', 'away', 'offline'] as const
const MAX_PAGE = 200

export const command: Command = {
  usage: ['peers [list] [flags]', 'peers show <peer>', 'peers rename <peer> <new name>', 'peers retire <peer> [--reason <text>]'],
  about: [
    'The muster roll: who there is, whether they are online, in a turn, and how they can be reached.',
    'A peer is named by its name, name@circle or id. To retire is for good: open asks to the peer end with notice, its credentials too.',
  ],
  flags: {
    circle: { type: 'string', value: 'name', summary: 'Only of this circle' },
    role: { type: 'string', value: 'role', summary: `Only with this role: ${ROLES.join(', ')}` },
    cap: { type: 'string', value: 'capability', summary: 'Only with this capability' },
    presence: { type: 'string', value: 'presence', summary: `Only ${PRESENCES.join(', ')}` },
    match: { type: 'string', value: 'text', summary: 'Only with this in the name' },
    retired: { type: 'boolean', summary: 'Also those that have retired' },
    limit: { type: 'string', value: 'count', summary: 'At most so many (50)' },
    after: { type: 'string', value: 'peer id', summary: 'Continue behind this peer' },
    reason: { type: 'string', value: 'text', summary: 'Why a peer retires' },
  },
  examples: [
    ['muster peers', 'everyone'],
    ['muster peers --presence online --cap review', 'who could review now'],
    ['muster peers show bob', 'one of them'],
    ['muster peers rename bob robert', 'same peer, another name'],
    ['muster peers retire bob --reason "project done"', 'for good'],
  ],
  run: peers,
}

const ACTIONS: Readonly<Record<string, (invocation: Invocation, caller: Caller) => Promise<void>>> = { list, show, rename, retire }

async function peers(invocation: Invocation): Promise<number> {
  const action = invocation.words[0] ?? 'list'
  const act = Object.hasOwn(ACTIONS, action) ? ACTIONS[action] : undefined
  if (!act) {
    const near = nearest(action, Object.keys(ACTIONS))
    throw usageError(`muster peers has no "${action}"`, near ? `Did you mean muster peers ${near}?` : `To see one peer: muster peers show ${action}`)
  }
  const rest = { ...invocation, words: invocation.words.slice(1) }
  checkArguments(action, rest)
  const caller = await openReader(invocation)
  await act(rest, caller).finally(caller.close)
  return EXIT.ok
}

/** Before connecting: a mistyped command must not join anybody as a peer. */
function checkArguments(action: string, invocation: Invocation): void {
  const { words } = invocation
  if (action === 'list') {
    expectWords(words, [], 'peers [list] [flags]')
    filterOf(invocation)
  } else if (action === 'rename') expectWords(words, ['peer', 'new name'], 'peers rename <peer> <new name>')
  else expectWords(words, ['peer'], `peers ${action} <peer>`)
}

async function list(invocation: Invocation, { call }: Caller): Promise<void> {
  const { flags, out } = invocation
  const filter = filterOf(invocation)
  const { peers, after } = await call('peers.list', { ...filter, retired: flags.on('retired') })
  if (out.json) return out.document({ peers, after })
  if (peers.length > 0) showPeers(out, peers)
  else out.note(Object.keys(filter).length > 0 ? 'No peer fits.' : 'There are no peers yet.')
  if (after !== null) out.note(`There are more: --after ${after}`)
}

function filterOf({ flags }: Invocation): Input<'peers.list'> {
  const role = flags.choice('role', ROLES)
  const presence = flags.choice('presence', PRESENCES)
  const limit = flags.count('limit', { min: 1, max: MAX_PAGE })
  const texts = { circle: flags.text('circle'), capability: flags.text('cap'), match: flags.text('match'), after: flags.text('after') }
  const given = Object.fromEntries(Object.entries(texts).filter(([, value]) => value !== undefined))
  return { ...given, ...(role && { role }), ...(presence && { presence }), ...(limit !== undefined && { limit }) }
}

async function show({ words: [address = ''], out }: Invocation, { call }: Caller): Promise<void> {
  const { peer } = await call('peers.get', { peer: address })
  if (out.json) return out.document({ peer })
  out.fields([
    ['peer', peerName(peer)],
    ['id', peer.id],
    ['circle', peer.circle],
    ['role', peer.role],
    ['runtime', peer.runtime],
    ['mode', peer.mode],
    ['presence', peer.presence],
    ['turn', peer.turn],
    ['reach', peer.reach],
    ['seen', relativeTime(peer.lastSeenAt, out.now)],
    ['joined', relativeTime(peer.createdAt, out.now)],
    ...(peer.retiredAt === null ? [] : ([['retired', relativeTime(peer.retiredAt, out.now)]] as const)),
    ['capabilities', peer.capabilities.join(' ')],
    ['description', peer.description],
  ])
}

async function rename(invocation: Invocation, { call }: Caller): Promise<void> {
  const { words, out, environment } = invocation
  const [address = '', name = ''] = words
  const before = (await call('peers.get', { peer: address })).peer
  const kept = await keptToken(invocation, before)
  const { peer } = await call('peers.rename', { peer: before.id, name })
  if (kept && peer.name.toLowerCase() !== before.name.toLowerCase()) {
    writePrivateFile(environment.paths.peerToken(peer.name), kept.token)
    rmSync(kept.path, { force: true })
  }
  if (out.json) out.document({ peer, was: before.name })
  else out.line(`${peerName(before)} is now ${peerName(peer)}.`)
}

async function retire(invocation: Invocation, { call }: Caller): Promise<void> {
  const { words, flags, out } = invocation
  const reason = flags.text('reason')
  const before = (await call('peers.get', { peer: words[0] ?? '' })).peer
  const kept = await keptToken(invocation, before)
  const { peer } = await call('peers.retire', { peer: before.id, ...(reason === undefined ? {} : { reason }) })
  // It ended with the peer; left in place it would only refuse the next peer of that name.
  if (kept) rmSync(kept.path, { force: true })
  if (out.json) out.document({ peer })
  else out.line(`${peerName(peer)} has retired.`)
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
