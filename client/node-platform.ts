import { asyncCauses } from './async-causes.ts'
import { withFiles } from './attachments.ts'
import { systemClock, systemRandom } from './clock.ts'
import { Fans } from './fans.ts'
import { withMany } from './many.ts'
import type { Platform } from './peer.ts'
import { openWsTransport } from './ws-transport.ts'

/** setImmediate waits for all I/O of the turn, so that one frame acks all of it. */
const clock = { ...systemClock, soon: (fn: () => void): void => void setImmediate(fn) }

export const nodePlatform = {
  open: openWsTransport,
  clock,
  random: systemRandom,
  causes: asyncCauses,
  more: {
    fans: (ofPeer, call) => new Fans(ofPeer, call),
    speaker: (speaker, peer) => withFiles(withMany(speaker, peer), peer.options),
  },
} satisfies Platform
