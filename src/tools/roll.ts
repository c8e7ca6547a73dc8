import * as z from 'zod'
import { Id } from '../contract/common.ts'
import { describePeer, getPeer, listPeers } from '../contract/peers.ts'
import { ADDS, defineTool, given, READS } from './tool.ts'
import { lines, peerLine, viewPeer, WHOLE } from './views.ts'

const MAX_LISTED = 20
const { match, role, capability } = listPeers.input.shape
const { description, capabilities } = describePeer.input.shape

const PeerShape = z.object({
  name: z.string(),
  role: z.string(),
  runtime: z.string(),
  presence: z.string(),
  turn: z.string().optional(),
  reach: z.string().optional(),
  can: z.array(z.string()).optional(),
  about: z.string().optional(),
})

export const peers = defineTool({
  name: 'peers',
  title: 'Who is here',
  description: 'The peers that you can address: name, role, turn, how they can be reached, what they can do.',
  profile: 'default',
  annotations: READS,
  input: z.strictObject({
    peer: getPeer.input.shape.peer.optional().describe('One peer in full'),
    match: match.describe('Part of a name'),
    role,
    capability,
    offline: z.boolean().default(false).describe('Also who is away; mail waits for them'),
    after: Id('peer').optional(),
  }),
  output: z.object({ peers: z.array(PeerShape), after: z.string().optional() }),
  async run(port, { peer, match, role, capability, offline, after }) {
    const self = await port.self()
    const page =
      peer === undefined
        ? await port.call('peers.list', {
            limit: MAX_LISTED,
            ...given({ match, role, capability, after, presence: offline ? undefined : ('online' as const) }),
          })
        : { peers: [(await port.call('peers.get', { peer })).peer], after: null }
    const views = page.peers.map((each) => viewPeer(each, self, peer === undefined ? undefined : WHOLE))
    const more = page.after ?? undefined
    const text = lines(...views.map(peerLine), views.length === 0 ? 'Nobody.' : undefined, more && `More: peers {"after":"${more}"}`)
    return { structured: { peers: views.map((view) => ({ ...view })), ...given({ after: more }) }, text }
  },
})

export const setDescription = defineTool({
  name: 'set_description',
  title: 'Say what you do',
  description: 'Tell the others in one line what you are working on, so that they ask the right peer.',
  profile: 'default',
  annotations: ADDS,
  input: z.strictObject({
    description: description.unwrap(),
    capabilities: capabilities.describe('What you can be asked for as cap:<name>; replaces the list'),
  }),
  output: z.object({ name: z.string(), about: z.string() }),
  async run(port, { description, capabilities }) {
    const { peer } = await port.call('peers.describe', { description, ...given({ capabilities }) })
    const view = viewPeer(peer, peer, WHOLE)
    return { structured: { name: view.name, about: view.about ?? '' }, text: `The others see: ${peerLine(view)}` }
  },
})
