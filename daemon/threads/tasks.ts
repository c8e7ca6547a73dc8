import type { Progress, Task } from '../../src/contract/index.ts'
import type { Reader } from '../store/store.ts'

/** What an ask says of its work, as it is stored: what it is after by the numbers of the threads. */
interface StoredTask extends Omit<Task, 'after'> {
  readonly v: 1
  readonly after?: readonly number[]
}

export function readTask(json: string): StoredTask {
  return JSON.parse(json) as StoredTask
}

export function toTask(reader: Reader, json: string): Task {
  const { v: _, after, ...said } = readTask(json)
  return after ? { ...said, after: after.map((thread) => reader.id('thread', thread)) } : said
}

export function storedProgress(progress: Progress): string {
  return JSON.stringify({ v: 1, ...progress })
}

export function toProgress(json: string): Progress {
  const { v: _, ...said } = JSON.parse(json) as Progress & { readonly v: 1 }
  return said
}
