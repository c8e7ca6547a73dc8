import { connect, type JoinOptions, type MusterPeer } from '../../client/index.ts'
import type { Assignment, Order, Report } from './wire.ts'

/** What every peer of the soak does besides its work: it reports, obeys, and ends with its supervisor. */
export async function joinSoak(options: (assignment: Assignment) => JoinOptions, onOrder: (order: Order) => void = () => {}) {
  const assignment = JSON.parse(process.argv[2] ?? '') as Assignment
  process.on('SIGINT', () => {})
  process.on('disconnect', () => process.exit(1))
  process.on('unhandledRejection', (reason) => fail(reason))
  const peer = await connect({ name: assignment.name, timeoutMs: Number.POSITIVE_INFINITY, ...options(assignment) })
  peer.on('status', (status) => {
    if (status.state === 'online') tell({ kind: 'online', resumed: true })
    if (status.state === 'closed' && status.error) fail(status.error)
  })
  peer.on('error', (error) => fail(error))
  process.on('message', onOrder)
  process.on('SIGTERM', () => void end(peer))
  tell({ kind: 'online', resumed: false })
  return { peer, assignment }
}

export function tell(report: Report): void {
  if (process.connected) process.send?.(report)
}

/** Something that must not happen: the soak fails, whatever the ledgers say. */
export function fail(reason: unknown): void {
  tell({
    kind: 'failed',
    reason: reason instanceof Error ? `${reason.name} ${'code' in reason ? String(reason.code) : ''}: ${reason.message}` : String(reason),
  })
}

async function end(peer: MusterPeer): Promise<void> {
  await peer.drain()
  process.exit(0)
}
