import type { Input } from '../../src/contract/index.ts'
import { expectId } from './arguments.ts'
import type { Invocation } from './command.ts'
import { usageError } from './failure.ts'
import type { Flag } from './flags.ts'

type Task = NonNullable<Input<'threads.ask'>['task']>

/** What may be said of the work that an ask hands out. */
export const TASK_FLAGS = {
  task: { type: 'string', value: 'title', summary: 'What boards call it (the first line of the body)' },
  'task-name': { type: 'string', value: 'name', summary: 'By which others refer to it there, like auth' },
  'task-ref': { type: 'string', value: 'text', summary: 'What it is called elsewhere, like #123' },
  after: { type: 'string', repeats: true, value: 'thread', summary: 'An ask whose answer it needs; repeats' },
} as const satisfies Record<string, Flag>

/** The part of an ask's input that {@link TASK_FLAGS} make. */
export function taskOf({ flags }: Invocation): { readonly task?: Task } {
  const title = flags.text('task')
  const name = flags.text('task-name')
  const ref = flags.text('task-ref')
  const after = flags.all('after').map((thread) => expectId(thread, ['thread']))
  if (title !== undefined)
    return { task: { title, ...(name !== undefined && { name }), ...(ref !== undefined && { ref }), ...(after.length > 0 && { after }) } }
  if (name === undefined && ref === undefined && after.length === 0) return {}
  throw usageError('--task is missing', '--task-name, --task-ref and --after say more of a task, whose title --task gives.')
}
