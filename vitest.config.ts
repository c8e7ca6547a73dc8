import { availableParallelism } from 'node:os'
import { defineConfig } from 'vitest/config'
import { BaseSequencer, type TestSpecification } from 'vitest/node'
import { SkippedReporter } from './scripts/skipped-reporter.ts'

/** A file of tests that leaves a socket, a server or a process behind fails. */
const NO_LEAKS = ['test/contract/support/no-leaks.ts']

/** One folder of tests with its own patience: what takes longer than this hangs rather than works. */
function project(name: string, testTimeout: number, setupFiles: string[] = []) {
  const include = [`test/${name}/**/*.test.ts`]
  return { extends: true as const, test: { name, include, testTimeout, hookTimeout: Math.max(10_000, testTimeout), setupFiles } }
}

/** The longest files, which do nothing but compute: begun last, they would end long after all others. */
const SEEDS = /\/test\/simulation\/seeds-\d+\.test\.ts$/

class SeedsFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files)
    return [...sorted.filter(({ moduleId }) => SEEDS.test(moduleId)), ...sorted.filter(({ moduleId }) => !SEEDS.test(moduleId))]
  }
}

export default defineConfig({
  test: {
    // A process for each file: a native module, a leaked handle or a crash in one cannot reach another.
    pool: 'forks',
    isolate: true,
    // One more than the two cores that this must do with: what drives daemons, browsers and agents waits half of its time.
    maxWorkers: Math.min(3, availableParallelism() + 1),
    sequence: { sequencer: SeedsFirst },
    // A worker that cannot end within this has leaked something; the run then fails instead of hanging.
    teardownTimeout: 10_000,
    dangerouslyIgnoreUnhandledErrors: false,
    passWithNoTests: false,
    allowOnly: !process.env['CI'],
    reporters: [new SkippedReporter(), 'default'],
    projects: [
      project('unit', 15_000),
      project('architecture', 20_000),
      project('contract', 60_000, NO_LEAKS),
      project('integration', 60_000, NO_LEAKS),
      project('simulation', 600_000),
      project('e2e', 300_000),
      project('browser', 120_000, NO_LEAKS),
      project('agents', 300_000),
    ],
  },
})
