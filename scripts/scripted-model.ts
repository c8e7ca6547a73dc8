// The scripted model as a program, to try a runtime by hand: `npx tsx scripts/scripted-model.ts steps.json`. The file holds an array of steps; `when`
// is written as a string. Prints its address, then one line of JSON for each request.
import { readFileSync } from 'node:fs'
import type { Step } from '../test/support/scripted-model/script.ts'
import { ScriptedModel } from '../test/support/scripted-model/server.ts'

type WrittenStep = Step & { readonly when?: string }

const [file] = process.argv.slice(2)
if (file === undefined) throw new Error('Which file of steps?')
const written = JSON.parse(readFileSync(file, 'utf8')) as readonly WrittenStep[]
const steps = written.map(({ when, ...step }) => (when === undefined ? step : { ...step, when: new RegExp(when) })) as readonly Step[]
const model = await ScriptedModel.start(steps)
console.log(model.url)
let shown = 0
model.watch(() => {
  for (const { wire, bytes, scripted, conversation } of model.requests.slice(shown)) {
    console.log(JSON.stringify({ wire, bytes, scripted, turns: conversation.turns, tools: conversation.tools.length, newest: conversation.newest.slice(-400) }))
  }
  shown = model.requests.length
})
