import { parseArgs } from 'node:util'
import { Coverage } from './coverage.ts'
import { simulate } from './simulate.ts'
import { STORIES } from './stories.ts'

const { values } = parseArgs({
  options: {
    seed: { type: 'string', default: '1' },
    seeds: { type: 'string', default: '1' },
    ops: { type: 'string', default: '500' },
    verbose: { type: 'boolean', default: false },
    failures: { type: 'string', default: '8' },
    matrix: { type: 'boolean', default: false },
    story: { type: 'string' },
  },
})

const print = (text: string) => void process.stdout.write(`${text}\n`)
const first = Number(values.seed)
const story = values.story === undefined ? undefined : STORIES[values.story as keyof typeof STORIES]
if (values.story !== undefined && !story) throw new Error(`The stories are ${Object.keys(STORIES).join(', ')}.`)
const coverage = new Coverage()
const startedAt = performance.now()
let failures = 0
for (let seed = first; seed < first + Number(values.seeds) && failures < Number(values.failures); seed += 1) {
  if (story) {
    const { failures: broken, met: _, ...counts } = await story.tell(seed, story.steps)
    if (broken.length > 0) failures += 1
    print(broken.length > 0 ? `seed ${seed}: BROKEN: ${broken.join('\n')}` : `seed ${seed}: ${JSON.stringify(counts)}`)
    continue
  }
  const result = await simulate({ seed, operations: Number(values.ops), ...(values.verbose && { verbose: print }) })
  coverage.merge(result.coverage)
  if (result.failure) {
    failures += 1
    if (!values.verbose && values.seeds === '1') print(result.failure.last.join('\n'))
    print(`seed ${seed}: BROKEN: ${result.failure.message}`)
  } else if (values.seeds === '1') print(`seed ${seed}: ${result.commits} commits, trace ${result.hash}`)
}
print(`${((performance.now() - startedAt) / 1000).toFixed(1)} s`)
if (values.matrix) {
  print(coverage.table('operations'))
  print(coverage.table('transitions'))
  print(
    [...coverage.outcomes]
      .sort()
      .map(([name, count]) => `${name}: ${count}`)
      .join('\n'),
  )
}
process.exitCode = failures > 0 ? 1 : 0
