import { execFileSync } from 'node:child_process'
import { ROOT } from './processes.ts'

/** Builds the daemon and the load generators: a benchmark of an old build would be worse than none. */
export function build(): void {
  execFileSync(process.execPath, ['scripts/build.mjs'], { cwd: ROOT, stdio: ['ignore', 'ignore', 'inherit'] })
  execFileSync(process.execPath, [`${ROOT}node_modules/typescript/bin/tsc`, '-p', `${ROOT}bench/tsconfig.json`], { cwd: ROOT, stdio: ['ignore', 2, 'inherit'] })
}
