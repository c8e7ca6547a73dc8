/** `npm start -- --demo`: an orchestrator and three peers, each a process of its own on the SDK, with a daemon of their own. */
import { connect, type MusterPeer } from '../index.ts'
import { Narrator } from './narrator.ts'
import { NAMED, Observations } from './observations.ts'
import { Processes } from './processes.ts'
import { SCENES } from './scenes.ts'

/** Between two scenes, for whoever reads along. */
const READING_MS = 1_000

const narrator = new Narrator((text) => process.stdout.write(text))
const observations = new Observations()
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
  narrator.title(
    'Muster demo: an orchestrator (lead) and three peers, each a process of its own, over real sockets.\nIt has its own daemon and leaves nothing behind.',
  )
  let admin: MusterPeer | undefined
  let failure: unknown
  try {
    const url = await processes.startDaemon()
    narrator.line('daemon', `listens on ${url} (pid ${processes.pid('daemon')}), with its database in a temporary folder`)
    admin = await connect({ url, token: processes.adminToken, consume: false, client: 'muster-demo' })
    for (const [index, [headline, play]] of SCENES.entries()) {
      narrator.headline(`${index + 1}. ${headline}`)
      await play({ processes, observations, narrator, admin })
      if (index < SCENES.length - 1) await new Promise((resolve) => setTimeout(resolve, READING_MS))
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
  narrator.headline(`Observed ${NAMED.length - missing.length} of ${NAMED.length} events in ${narrator.seconds} s:`)
  for (const named of NAMED) narrator.title(`  ${missing.includes(named) ? 'MISSING ' : '✓'} ${named}`)
  if (failure !== undefined) process.stderr.write(`\nThe demo failed: ${failure instanceof Error ? failure.message : String(failure)}\n`)
  else if (missing.length === 0) narrator.title('\nNext: npm start runs a daemon for you, and README.md shows a whole peer in forty lines.')
  return failure === undefined && missing.length === 0 ? 0 : 1
}
