/** One process of the demo: `node peer.js <name>`. It is a peer on the SDK like any other, and tells the stage what happens to it. */
import { connect, type MusterPeer } from '../index.ts'
import { createTell } from './actor.ts'
import { PARTS } from './parts.ts'
import { type Cue, NAMES } from './wire.ts'

const name = NAMES.find((known) => known === process.argv[2])
if (!name || !process.send) throw new TypeError(`Expected to be started by the demo as one of ${NAMES.join(', ')}`)

const { cues, handlers, role, capabilities = [], description } = PARTS[name]
const tell = createTell(name, (report) => process.send?.(report))
const joining: Promise<MusterPeer> = connect({ name, description, capabilities: [...capabilities], ...(role && { role }), ...handlers(tell, () => joining) })
const peer = await joining
tell.joined(peer)

peer.on('status', (status) => {
  if (status.state === 'online' && status.resumed) tell.reconnected()
})
process.on('message', (cue: Cue) => void cues[cue]?.(peer, tell))
// Ctrl-C reaches every process of the terminal; the stage decides the order of their end.
process.on('SIGINT', () => {})
process.on('SIGTERM', () => void peer.drain().then(() => process.exit(0)))
process.on('disconnect', () => process.exit(1))
