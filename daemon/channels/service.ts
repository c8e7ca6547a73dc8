import { MusterError } from '../../src/errors.ts'
import type { Caller } from '../caller.ts'
import { ownService } from '../peers/index.ts'
import type { Reader } from '../store/store.ts'
import { SERVICE } from './queueing.ts'

/** @throws MusterError `forbidden` for all but the daemon's own service: what it says decides cards in the name of people, and no enrolment mints its peer */
export function requireService(reader: Reader, caller: Caller): void {
  if (caller.kind === 'peer' && caller.role === 'service' && caller.peerId === ownService(reader, SERVICE)) return
  throw new MusterError('forbidden', { hint: "Only the daemon's own service of channels may." })
}
