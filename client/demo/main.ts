/** `npm start -- --demo [story]`: peers that are each a process of their own on the SDK, with a daemon of their own. */
import { connect, type MusterPeer } from '../index.ts'
import { Narrator } from './narrator.ts'
import { Observations } from './observations.ts'
import { Processes } from './processes.ts'
import { STORIES } from './stories.ts'

/** Between two scenes, for whoever reads along. */
const READING_MS = 1_000

const picked = process.argv[2] ?? 'crew'
const story = STORIES[picked]
if (!story) {
  process.stderr.write(`There is no demo “${picked}”. There are: ${Object.keys(STORIES).join(', ')}; and agents, with real agent programs.\n`)
  process.exit(2)
}
const { title, scenes, named, next } = story

const narrator = new Narrator((text) => process.stdout.write(text))
const observations = new Observations(named)
const processes = new Processes({
  onReport: (report) => {
    narrator.line(report.who, report.text, report.at)
    observations.add(report)
  },
  onUnexpectedEnd: (error) => observations.fail(error),
})
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => observations.fail(new Error(`interrupted by ${signal}`)))

process.exitCode = await main()

async function main(): Promise<number> {
  narrator.title(title)
  let admin: MusterPeer | undefined
  let failure: unknown
  try {
    const url = await processes.startDaemon()
    narrator.line('daemon', `listens on ${url} (pid ${processes.pid('daemon')}), with its database in a temporary folder`)
    admin = await connect({ url, token: processes.adminToken, consume: false, client: 'muster-demo' })
    for (const [index, [headline, play]] of scenes.entries()) {
      narrator.headline(`${index + 1}. ${headline}`)
      await play({ processes, observations, narrator, admin })
      if (index < scenes.length - 1) await new Promise((resolve) => setTimeout(resolve, READING_MS))
    }
  } catch (error) {
    failure = error
  }
  await admin?.close()
  await processes.end()
  narrator.flush()
  return verdict(failure)
}

function verdict(failure: unknown): number {
  const { missing } = observations
  narrator.headline(`Observed ${named.length - missing.length} of ${named.length} events in ${narrator.seconds} s:`)
  for (const event of named) narrator.title(`  ${missing.includes(event) ? 'MISSING ' : '✓'} ${event}`)
  if (failure !== undefined) process.stderr.write(`\nThe demo failed: ${failure instanceof Error ? failure.message : String(failure)}\n`)
  else if (missing.length === 0) narrator.title(`\nNext: ${next}`)
  return failure === undefined && missing.length === 0 ? 0 : 1
}
