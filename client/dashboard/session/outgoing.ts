import { signal } from '@preact/signals'
import { clear, createStore, del, entries, set } from 'idb-keyval'
import type { Input, Output } from '../../browser.ts'
import { announce } from '../shell/announcements.ts'
import { peer } from './connection.ts'
import { wordsOf } from './error-words.ts'

/** What can be said while the daemon is away: it is kept, and said once when it is back. */
export type Sayable = 'threads.ask' | 'threads.notify' | 'threads.reply' | 'threads.answer'

/** Something that this device has been told to say and of which the daemon has not said that it is stored. */
export interface Outgoing {
  /** Its idempotency key, so that it is said once, however often it is sent. */
  readonly key: string
  readonly operation: Sayable
  readonly input: Input<Sayable>
  /** The thread that it goes into, or whom it is for where it opens one. */
  readonly about: string
  readonly text: string
  readonly at: number
  /** What the daemon said against it; without it, it is on its way. */
  readonly refused?: string
}

const store = createStore('muster-outgoing', 'messages')

export const outgoing = signal<readonly Outgoing[]>([])

/** Takes it on, shows it at once as on its way, and says it when the daemon can be reached. @returns what the daemon answers; `undefined` where it refuses */
export function say<N extends Sayable>(operation: N, input: Omit<Input<N>, 'key'>, about: string): Promise<Output<N> | undefined> {
  const key = crypto.randomUUID()
  const made: Outgoing = {
    key,
    operation,
    input: { ...input, key } as unknown as Input<Sayable>,
    about,
    text: 'body' in input ? String(input.body) : '',
    at: Date.now(),
  }
  put(made)
  return send(made) as Promise<Output<N> | undefined>
}

/** What an earlier visit left unsaid. */
export async function resumeOutgoing(): Promise<void> {
  const left = await entries<string, Outgoing>(store).catch(() => [])
  outgoing.value = left.map(([, each]) => each).sort((a, b) => a.at - b.at)
  for (const each of outgoing.value) if (each.refused === undefined) void send(each)
}

export async function sayAgain(each: Outgoing): Promise<void> {
  const { refused: _, ...again } = each
  put(again)
  await send(again)
}

export function discard({ key }: Outgoing): void {
  outgoing.value = outgoing.value.filter((each) => each.key !== key)
  void del(key, store).catch(() => undefined)
}

/** For a device that is no person's any more. */
export async function forgetOutgoing(): Promise<void> {
  outgoing.value = []
  await clear(store).catch(() => undefined)
}

async function send(each: Outgoing): Promise<Output<Sayable> | undefined> {
  try {
    const answer = await peer().call(each.operation, each.input as never, { timeoutMs: Number.POSITIVE_INFINITY })
    discard(each)
    return answer
  } catch (error) {
    put({ ...each, refused: wordsOf(error) })
    // Why stands beside it.
    announce('A message was not sent. It is kept where you wrote it.', 'bad')
    return undefined
  }
}

function put(each: Outgoing): void {
  outgoing.value = [...outgoing.value.filter(({ key }) => key !== each.key), each]
  void set(each.key, each, store).catch(() => undefined)
}
