import type { Output as Result } from '../../../src/contract/index.ts'
import { shortSpan } from '../../../src/time.ts'
import { readDaemonFile } from '../../local/daemon-file.ts'
import { daemonAddress } from '../address.ts'
import { expectWords } from '../arguments.ts'
import type { Caller } from '../caller.ts'
import type { Command, Invocation } from '../command.ts'
import { EXIT } from '../exit-codes.ts'
import { CliError } from '../failure.ts'
import { openReader } from '../open-caller.ts'
import type { Output } from '../output.ts'
import { type DeadLetter, type Pair, showDead, showPairs } from '../show-trouble.ts'
import { byteSize, plural } from '../text.ts'
import { cliVersion } from '../version.ts'
import { relativeTime } from '../when.ts'

const SHOWN_DEAD = 10

export const command: Command = {
  usage: ['status'],
  about: ['How the daemon is: version, durability, peers, what waits, dead letters and parked pairs. Exit status 3 where it is not running.'],
  flags: {},
  examples: [
    ['muster status', 'read it'],
    ['muster status --json', 'the same for a program'],
  ],
  run: status,
}

interface Facts {
  readonly status: Result<'node.status'>
  readonly dead: readonly DeadLetter[]
  readonly pairs: readonly Pair[]
}

async function status(invocation: Invocation): Promise<number> {
  const { flags, words, out, environment } = invocation
  expectWords(words, [], 'status')
  let facts: Facts
  let where: { readonly url: string; readonly pid: number | null }
  try {
    const { url, local } = daemonAddress(flags, environment)
    where = { url, pid: local ? (readDaemonFile(environment.paths)?.pid ?? null) : null }
    const caller = await openReader(invocation)
    facts = await gather(caller).finally(caller.close)
  } catch (error) {
    if (!out.json || !(error instanceof CliError) || error.code !== 'not_running') throw error
    // Being down is an answer to the question, not a failure to answer it.
    out.document({ running: false })
    return EXIT.notRunning
  }
  if (out.json) out.document({ running: true, ...where, ...facts })
  else show(out, facts, where.pid === null ? where.url : `${where.url} (pid ${where.pid})`)
  if (facts.status.version !== cliVersion()) {
    out.note(`This muster is ${cliVersion()} and the daemon ${facts.status.version}: muster down && muster up starts the daemon of this version.`)
  }
  return EXIT.ok
}

async function gather({ call }: Caller): Promise<Facts> {
  const status = await call('node.status', {})
  const [{ dead }, { pairs }] = await Promise.all([
    status.deadLetters > 0 ? call('mailbox.dead', { limit: SHOWN_DEAD }) : { dead: [] },
    status.parkedPairs > 0 ? call('pairs.list', {}) : { pairs: [] },
  ])
  return { status, dead, pairs }
}

function serviceText({ state, since, lastEnd, failing }: Facts['status']['services'][number], now: number): string {
  if (state === 'waiting') return `DOES NOT RUN since ${relativeTime(since, now)}: ${lastEnd}; muster doctor says more`
  return failing === 0 ? state : `${state}, ${plural(failing, 'part')} FAILING: muster doctor says more`
}

function peopleText({ cards, devices }: Facts['status'], now: number): string {
  const waits =
    cards.waiting === 0 ? 'no card waits' : `${plural(cards.waiting, 'card waits', 'cards wait')}, the oldest since ${relativeTime(cards.oldestAt, now)}`
  const asked = [
    ...(devices.pairings > 0 ? [`${plural(devices.pairings, 'pairing')} under way`] : []),
    ...(devices.actions > 0 ? [`${plural(devices.actions, 'action')} to approve`] : []),
  ]
  return [waits, devices.paired === 0 ? 'no device is paired: muster pair' : plural(devices.paired, 'device'), ...asked].join('; ')
}

function keepingFields({ retention, storage, backup, search, services }: Facts['status'], now: number): (readonly [string, string])[] {
  const { keeps, purged, heldUntil } = retention
  const gone = purged.map(({ what, rows, at }) => `${rows} of ${what} (${relativeTime(at, now)})`).join(', ')
  const held = heldUntil === null ? '' : `; nothing goes for ${shortSpan(Date.parse(heldUntil) - now)}, since the clock leapt ahead`
  const { running, last } = backup
  const made = last ? `${relativeTime(last.at, now)}, ${byteSize(last.bytes)}` : 'none yet: muster backup <folder>'
  return [
    ['kept', `events ${keeps.events}, closed threads ${keeps.closedThreads}, idempotency keys ${keeps.idempotencyKeys}`],
    ['oldest event', relativeTime(retention.oldestEventAt, now)],
    ['purged', `looked ${relativeTime(retention.lastRunAt, now)}; ${gone || 'nothing yet'}${held}`],
    [
      'storage',
      `database ${byteSize(storage.databaseBytes)}, log ${byteSize(storage.walBytes)}${storage.freeBytes === null ? '' : `; ${byteSize(storage.freeBytes)} free`}`,
    ],
    ['search', searchText(search, now)],
    ...services.map((service) => [service.name, serviceText(service, now)] as const),
    ['backup', running ? `being written (${running.phase}, ${Math.floor(running.done * 100)} %)` : made],
  ]
}

function searchText({ behind, oldestAt, failures }: Facts['status']['search'], now: number): string {
  if (behind === 0) return 'finds everything'
  const fails = failures === 0 ? '' : `; its index could not be written, ${plural(failures, 'time')} in a row`
  return `does not find the newest ${plural(behind, 'message')} yet, since ${relativeTime(oldestAt, now)}${fails}`
}

function show(out: Output, { status, dead, pairs }: Facts, where: string): void {
  const { peers } = status
  out.fields([
    ['muster', `${status.version} at ${where}`],
    ['node', `${status.node} (${status.incarnation})`],
    ['up', `for ${shortSpan(out.now - Date.parse(status.startedAt))}`],
    ['durability', status.readOnly ? `${status.durability}, READ ONLY: the disk is full` : status.durability],
    ['peers', `${peers.online} online, ${peers.away} away, ${peers.offline} offline; ${plural(status.connections, 'connection')}`],
    ['open asks', status.openAsks],
    ['queued', status.queued],
    ['dead letters', status.deadLetters],
    ['parked pairs', status.parkedPairs],
    ['for people', peopleText(status, out.now)],
    ['events', `at ${status.cursor}, since ${status.retention.eventsSince}`],
    ...keepingFields(status, out.now),
  ])
  if (dead.length > 0) {
    out.line()
    showDead(out, dead)
  }
  if (pairs.length > 0) {
    out.line()
    showPairs(out, pairs)
  }
}
