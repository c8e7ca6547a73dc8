/** The thread in which scans run: one at a time, on a connection of its own that only reads. */
import { parentPort, workerData } from 'node:worker_threads'
import { MusterError } from '../../src/errors.ts'
import { systemClock } from '../clock.ts'
import { ReadStore } from '../store/read-store.ts'
import { runScan } from './handlers.ts'
import type { ScanAnswer, ScanRequest } from './pool.ts'

const store = new ReadStore((workerData as { readonly path: string }).path)

function answer({ id, job }: ScanRequest): ScanAnswer {
  try {
    return { id, json: JSON.stringify(store.within(() => runScan(store, job, systemClock.wallMs()))) }
  } catch (error) {
    if (error instanceof MusterError) return { id, refused: error.toData() }
    const { message, stack = message, code } = error as Error & { readonly code?: unknown }
    return { id, failed: stack, code: typeof code === 'string' ? code : '' }
  }
}

parentPort?.on('message', (request: ScanRequest) => parentPort?.postMessage(answer(request)))
