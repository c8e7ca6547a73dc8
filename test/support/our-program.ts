import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const ROOT = fileURLToPath(new URL('../../', import.meta.url))

/**
 * A program of ours as arguments of Node. `npm test` has just built it. Elsewhere what is built may be old, so it runs from its
 * source, which takes two to three times the processor time to start.
 */
export function ourProgram(entry: 'client/cli/main' | 'daemon/bin' | 'daemon/offline'): string[] {
  if (process.env['MUSTER_TEST_BUILT']) return [join(ROOT, `dist/${entry}.js`)]
  return ['--import', import.meta.resolve('tsx'), join(ROOT, `${entry}.ts`)]
}
