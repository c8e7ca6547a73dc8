import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vite'

const here = fileURLToPath(new URL('.', import.meta.url))

/** The daemon serves what this builds. `MUSTER_URL` says where it is while `npm run dashboard` serves the sources instead. */
export default defineConfig({
  root: here,
  build: {
    outDir: fileURLToPath(new URL('../../dist/client/dashboard', import.meta.url)),
    emptyOutDir: true,
    target: 'es2023',
    // The policy of the page lets no inline text in: neither a script nor a data URL.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
  },
  server: {
    proxy: { '/v1': { target: process.env['MUSTER_URL'] ?? 'http://127.0.0.1:6878', ws: true }, '/pair': process.env['MUSTER_URL'] ?? 'http://127.0.0.1:6878' },
  },
})
