/** What one flush costs on this disk: one WAL frame (24 + 4,096 bytes) over existing bytes of a file, as in a WAL that has been reset, then fdatasync. */
import { closeSync, fdatasyncSync, openSync, readFileSync, unlinkSync, writeSync } from 'node:fs'

const { folder, count } = JSON.parse(readFileSync(0, 'utf8')) as { folder: string; count: number }
const FRAME_BYTES = 24 + 4_096
const FRAMES = 1_000
const path = `${folder}/fdatasync.probe`
const file = openSync(path, 'w')
const frame = Buffer.alloc(FRAME_BYTES, 'muster')
for (let n = 0; n < FRAMES; n++) writeSync(file, frame, 0, FRAME_BYTES, n * FRAME_BYTES)
fdatasyncSync(file)
const took = new Float64Array(count)
for (let n = 0; n < count; n++) {
  writeSync(file, frame, 0, FRAME_BYTES, (n % FRAMES) * FRAME_BYTES)
  const startedAt = performance.now()
  fdatasyncSync(file)
  took[n] = performance.now() - startedAt
}
closeSync(file)
unlinkSync(path)
took.sort()
process.stdout.write(`${JSON.stringify({ p50Ms: took[Math.floor(count * 0.5)], p99Ms: took[Math.floor(count * 0.99)] })}\n`)
