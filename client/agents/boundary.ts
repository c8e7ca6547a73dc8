import type { Boundary, Input, OperationName, Output } from '../../src/contract/index.ts'
import { decodeId } from '../../src/ids.ts'
import { MAX_HANDED } from './mail.ts'
import { MAX_SEEN, noteHanded, type SessionMemory } from './memory.ts'
import type { SessionFiles } from './session-files.ts'

/** Calls an operation as the session. */
export type Speak = <N extends OperationName>(name: N, input: Input<N>) => Promise<Output<N>>

export interface Passing {
  readonly files: SessionFiles
  readonly memory: SessionMemory
  readonly speak: Speak
  /** Ids that were seen elsewhere than in the transcript. */
  readonly seen?: readonly string[]
}

/**
 * Tells the daemon where the session stands and what its transcript proves, takes over what this moment may carry and notes that
 * it was handed. The memory is saved.
 */
export async function passBoundary(at: Boundary, { files, memory, speak, seen = [] }: Passing): Promise<Output<'sessions.boundary'>> {
  const proven = [...memory.look(), ...seen].filter((id) => decodeId(id)?.kind === 'message').slice(0, MAX_SEEN)
  const handed = await speak('sessions.boundary', { at, seen: proven, limit: MAX_HANDED })
  memory.told()
  if (at === 'stop' || at === 'end') memory.turnEnded()
  memory.save()
  noteHanded(
    files,
    handed.items.map(({ message }) => message.id),
  )
  return handed
}
