import type { Output } from '../../browser.ts'

export type CrewPeer = Output<'peers.get'>['peer']
export type Task = Output<'board.get'>['active'][number]

const PRESENCES = ['online', 'away', 'offline']
const TURNS = ['awaiting_input', 'working', 'idle', 'unknown']

/** Those that wait at a prompt first, then who works, who is there, and who is not; among equals the last to change first. */
export function byAttention(a: CrewPeer, b: CrewPeer): number {
  return rankOf(a) - rankOf(b) || sinceOf(b).localeCompare(sinceOf(a)) || a.name.localeCompare(b.name)
}

function rankOf({ presence, turn }: CrewPeer): number {
  return PRESENCES.indexOf(presence) * TURNS.length + (presence === 'online' ? TURNS.indexOf(turn) : 0)
}

/** Since when it is as it is shown: in its turn, or in its presence. */
export function sinceOf({ presence, presenceSince, turn, turnSince }: CrewPeer): string {
  return presence === 'online' && turn !== 'unknown' && turnSince !== null && turnSince > presenceSince ? turnSince : presenceSince
}

/** Whether it is one of those who work: programs and people are listed apart. */
export function isCrew({ role }: Pick<CrewPeer, 'role'>): boolean {
  return role === 'agent' || role === 'orchestrator'
}

/** What each is at, by the id of the peer: the task that it began last. */
export function tasksByPeer(active: readonly Task[]): ReadonlyMap<string, Task> {
  return new Map(active.map((task) => [task.to.id, task]))
}

/** "3 of 5: writing the parser", as much of it as was reported. */
export function progressOf({ progress }: Pick<Task, 'progress'>): string {
  if (!progress) return ''
  const { done, of, step } = progress
  const count = done === null ? '' : of === null ? `${done} done` : `${done} of ${of}`
  return [count, step ?? ''].filter((part) => part !== '').join(': ')
}

/** Whether a peer is found by what somebody types: each word in its name, circle, role, runtime, abilities or description. */
export function isFound(peer: CrewPeer, query: string): boolean {
  const text = [peer.name, peer.circle, peer.role, peer.runtime, ...peer.capabilities, peer.description, peer.presence, peer.turn.replace('_', ' ')]
    .join(' ')
    .toLowerCase()
  return query
    .toLowerCase()
    .split(/\s+/)
    .every((word) => text.includes(word))
}
