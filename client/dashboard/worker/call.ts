import { get } from 'idb-keyval'
import { DEVICE_HEADER } from '../../../src/rpc.ts'
import { workerStore } from '../session/worker-store.ts'

/** What came of a request; `says` is for the person. */
export type Answer<T> = { readonly ok: true; readonly output: T } | { readonly ok: false; readonly says: string }

/** A browser gives a worker less than a minute for what was pushed, and somebody is looking. */
const PATIENCE_MS = 8_000

/** Calls the daemon as this device, from the worker. */
export async function call<T = unknown>(method: 'GET' | 'POST', path: string, body?: object): Promise<Answer<T>> {
  const half = await get<string>('half', workerStore()).catch(() => undefined)
  if (half === undefined) return { ok: false, says: 'This device is not paired any more. Open the page.' }
  const headers = { [DEVICE_HEADER]: half, ...(body ? { 'content-type': 'application/json' } : {}) }
  const request = { method, headers, signal: AbortSignal.timeout(PATIENCE_MS), ...(body ? { body: JSON.stringify(body) } : {}) }
  const response = await fetch(path, request).catch(() => undefined)
  if (response === undefined) return { ok: false, says: 'The daemon cannot be reached now. Tap to open the page.' }
  const read: unknown = await response.json().catch(() => ({}))
  if (response.ok) return { ok: true, output: read as T }
  const { error } = read as { readonly error?: { readonly message?: string; readonly hint?: string } }
  return { ok: false, says: [error?.message, error?.hint].filter(Boolean).join(' ') || `The daemon said ${response.status}.` }
}
