import type { Reporter, TestCase, TestModule, Vitest } from 'vitest/node'

/**
 * Names every test that did not run, before the runner's own summary, which only counts them.
 * With `CI` set, a skipped test fails the run: what was not run proves nothing.
 */
export class SkippedReporter implements Reporter {
  #vitest: Vitest | undefined

  onInit(vitest: Vitest): void {
    this.#vitest = vitest
  }

  onTestRunEnd(modules: readonly TestModule[]): void {
    // A name pattern skips all the rest on purpose.
    if (this.#vitest?.config.testNamePattern) return
    const skipped = modules.flatMap((module) => [...module.children.allTests('skipped')])
    if (skipped.length === 0) return
    const lines = skipped.map((test) => `  ${test.module.relativeModuleId} > ${test.fullName}${reason(test)}`)
    console.error(`\n!!! ${skipped.length} skipped, and so not proved:\n${lines.join('\n')}\n`)
    if (process.env['CI']) process.exitCode = 1
  }
}

function reason(test: TestCase): string {
  const result = test.result()
  return result.state === 'skipped' && result.note ? ` (${result.note})` : ''
}
