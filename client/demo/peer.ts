/** One process of the demo: `node peer.js <story> <name>`. It is a peer on the SDK like any other, and tells the stage what happens to it. */
import { connect, type MusterPeer } from '../index.ts'
import { createTell } from './actor.ts'
import { STORIES } from './stories.ts'

const [story = '', name = ''] = process.argv.slice(2)
const part = STORIES[story]?.parts[name]
if (!part || !process.send) throw new TypeError('Expected to be started by the demo, with a story and a name in it')

const { cues, handlers, role, capabilities = [], description } = part
const tell = createTell(name, (report) => process.send?.(report))
const joining: Promise<MusterPeer> = connect({ name, description, capabilities: [...capabilities], ...(role && { role }), ...handlers(tell, () => joining) })
const peer = await joining
tell.joined(peer)

peer.on('status', (status) => {
  if (status.state === 'online' && status.resumed) tell.reconnected()
})
process.on('message', (cue: string) => void cues[cue]?.(peer, tell))
// Ctrl-C reaches every process of the terminal; the stage decides the order of their end.
process.on('SIGINT', () => {})
process.on('SIGTERM', () => void peer.drain().then(() => process.exit(0)))
process.on('disconnect', () => process.exit(1))
