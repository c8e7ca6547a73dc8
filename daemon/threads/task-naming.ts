import type { Task } from '../../src/contract/index.ts'
import { MusterError } from '../../src/errors.ts'
import type { Caller } from '../caller.ts'
import type { Tx } from '../store/transaction.ts'
import { viewThread } from './reading.ts'

/**
 * What an ask says of its work, as it is stored. Only threads that there are can be named, so tasks never wait for each other in a circle.
 *
 * @throws MusterError `not_found` for a thread that the caller may not read, `invalid_input` for one that needs no answer
 */
export function storedTask(tx: Tx, caller: Caller, { after, ...said }: Task): string {
  const threads = [...new Set(after)].map((id) => {
    const { thread } = viewThread(tx, caller, id)
    if (thread.kind === 'ask') return thread.id
    throw new MusterError('invalid_input', { field: 'after', id, hint: 'A task is after asks: a notify is never answered.' })
  })
  return JSON.stringify({ v: 1, ...said, ...(threads.length > 0 && { after: threads }) })
}
