import { createStore, type UseStore } from 'idb-keyval'

/** What the page leaves to its service worker. */
export const workerStore = (): UseStore => createStore('muster-worker', 'given')
