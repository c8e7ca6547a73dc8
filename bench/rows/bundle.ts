import { brotliCompressSync, gzipSync } from 'node:zlib'
import { build } from 'esbuild'
import { ROOT } from '../harness/processes.ts'
import type { Row } from '../harness/report.ts'
import { spread } from '../harness/statistics.ts'

/** The browser entry of the SDK as an application would ship it: one minified module, compressed. */
export async function measureBundle(): Promise<Row[]> {
  const entry = `${ROOT}dist/client/browser.js`
  const options = { bundle: true, minify: true, format: 'esm', platform: 'browser', target: 'es2022', write: false, logLevel: 'silent' } as const
  const { outputFiles } = await build({ entryPoints: [entry], ...options })
  const bytes = outputFiles[0]?.contents ?? new Uint8Array()
  const kb = (size: number) => spread([size / 1_024])
  return [
    {
      what: 'SDK bundle for the browser, minified and compressed (gzip)',
      unit: 'kB',
      target: { atMost: 8 },
      value: kb(gzipSync(bytes, { level: 9 }).length),
      absolute: [
        { label: 'minified', unit: 'kB', value: kb(bytes.length) },
        { label: 'brotli', unit: 'kB', value: kb(brotliCompressSync(bytes).length) },
      ],
    },
  ]
}
