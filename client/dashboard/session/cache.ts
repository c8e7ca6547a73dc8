import { clear, createStore, delMany, entries, get, set } from 'idb-keyval'

/** What one question was answered with, and when (epoch milliseconds). */
export interface Kept {
  readonly data: unknown
  readonly at: number
}

const store = createStore('muster-dashboard', 'answers')
/** More than a person looks at in a day, of which each message of a thread is one; the oldest go first. */
const MAX_KEPT = 1_000

/** Answers of the daemon, kept so that the page can be read without it. A browser without storage keeps nothing. */
export async function recall(key: string): Promise<Kept | undefined> {
  return get<Kept>(key, store).catch(() => undefined)
}

export async function remember(key: string, kept: Kept): Promise<void> {
  await set(key, kept, store).catch(() => undefined)
}

/** Called now and then: what was looked at longest ago goes. */
export async function trim(): Promise<void> {
  const all = await entries<string, Kept>(store).catch(() => [])
  const old = all.sort(([, a], [, b]) => b.at - a.at).slice(MAX_KEPT)
  if (old.length > 0)
    await delMany(
      old.map(([key]) => key),
      store,
    ).catch(() => undefined)
}

/** For a device that is no person's any more: nothing of the crew stays on it. */
export async function forgetAll(): Promise<void> {
  await clear(store).catch(() => undefined)
}
