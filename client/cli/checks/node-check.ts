import { dirname } from 'node:path'
import type { Output } from '../../../src/contract/index.ts'
import { CONTRACT_REVISION } from '../../../src/contract/revision.ts'
import { MusterError } from '../../../src/errors.ts'
import type { MusterPaths } from '../../../src/paths.ts'
import { shortSpan } from '../../../src/time.ts'
import { namesIn } from '../../agents/session-files.ts'
import type { Caller } from '../caller.ts'
import { findDaemon } from '../daemon-search.ts'
import { openReader } from '../open-caller.ts'
import { peerName } from '../show.ts'
import { plural } from '../text.ts'
import { relativeTime } from '../when.ts'
import type { Check, Finding } from './check.ts'
import { sizeText } from './size-text.ts'

type Status = Output<'node.status'>
type Diagnosis = Output<'node.diagnose'>

/** What the daemon knows of itself. */
export interface NodeFacts {
  readonly status: Status
  readonly diagnosis: Diagnosis
}

/** A jump that everything has long got over. */
const OLD_JUMP_MS = 86_400_000
/** Whoever raised the card waits for it all the while. */
const OLD_CARD_MS = 86_400_000
/** Rows are carried out within moments; with its backoff, a tenth try is over after half an hour. */
const OLD_OUTBOX_MS = 3_600_000

/** How the daemon that runs sees itself. Where none runs, its own check says so. */
export const nodeCheck: Check = {
  async run(invocation) {
    if ((await findDaemon(invocation.environment.paths)).kind !== 'running') return []
    const caller = await openReader(invocation)
    try {
      if (caller.hello.you.kind !== 'admin') {
        return [{ subject: 'daemon', check: 'diagnosis', state: 'off', says: 'only the administrator may ask for it; leave out --as and MUSTER_TOKEN' }]
      }
      const [status, diagnosis] = await Promise.all([caller.call('node.status', {}), caller.call('node.diagnose', {})])
      const credentials = await credentialsFinding(caller, invocation.environment.paths)
      const findings = nodeFindings({ status, diagnosis }, { now: invocation.out.now, revision: CONTRACT_REVISION, node: process.versions.node })
      return [...findings, credentials]
    } finally {
      await caller.close()
    }
  },
}

export interface Here {
  readonly now: number
  /** Of the contract in this package. */
  readonly revision: string
  readonly node: string
}

/** Judges the facts. */
export function nodeFindings({ status, diagnosis }: NodeFacts, here: Here): readonly Finding[] {
  return [
    contractFinding(diagnosis, here),
    writingFinding(status),
    runtimeFinding(diagnosis, here),
    clockFinding(diagnosis, here),
    storageFinding(diagnosis),
    stuckFinding(diagnosis, here),
    deadFinding(status),
    parkedFinding(status),
    devicesFinding(status),
    cardsFinding(status, here),
    outboxFinding(diagnosis, here),
    leftoversFinding(diagnosis),
    searchFinding(status),
    ...status.services.flatMap((service) => serviceFindings(service, diagnosis)),
    ...diagnosis.sources.map((source) => sourceFinding(source, here)),
  ]
}

type Service = Status['services'][number]

/** The programs beside the daemon: each runs or not, and says of each part of its work how that goes. */
function serviceFindings(service: Service, { services }: Diagnosis): readonly Finding[] {
  const { name, state, lastEnd, restarts } = service
  const about = { subject: 'services', check: name, facts: service }
  const runs: Finding =
    state === 'waiting'
      ? { ...about, state: 'fail', says: lastEnd ?? 'it does not run', hint: 'It is started again after a while; muster logs says more.' }
      : { ...about, state: 'ok', says: restarts === 0 ? state : `${state}; ended ${plural(restarts, 'time')} (${lastEnd})` }
  const parts = services.find((one) => one.name === name)?.parts ?? []
  const states = { ok: 'ok', waiting: 'warn', failing: 'fail' } as const
  const ofParts = parts.map((part): Finding => {
    // Its name may be that of a host.
    return { subject: 'services', check: `${name} work`, state: states[part.state], says: `${part.name}: ${part.says}`, quotes: true, facts: part }
  })
  return [runs, ...ofParts]
}

/** Where events come in: whether a source can take any, and what became of those of the last day. */
function sourceFinding(source: Diagnosis['sources'][number], { now }: Here): Finding {
  const { name, problem, paused, rotation, failed, refused } = source
  const about = { subject: 'ingress', check: name, quotes: true, facts: source } as const
  const hint = `muster ingress show ${name} lists what came and what was turned away.`
  if (problem !== null) return { ...about, state: 'fail', says: problem, hint }
  if (paused) {
    const says = `paused ${relativeTime(paused, now)}: its senders are told to come again, and give up in the end`
    return { ...about, state: 'warn', says, hint: `muster ingress resume ${name} lets it go on.` }
  }
  if (rotation?.problem) return { ...about, state: 'warn', says: `its secret is being rotated; ${rotation.problem}`, hint }
  if (failed) return { ...about, state: 'warn', says: `an event could not be sent ${relativeTime(failed.at, now)}: ${failed.says}`, hint }
  if (refused) return { ...about, state: 'warn', says: `a request was turned away ${relativeTime(refused.at, now)}: ${refused.says}`, hint }
  return { ...about, state: 'ok', says: rotation ? `ready; its secret is being rotated since ${relativeTime(rotation.since, now)}` : 'ready' }
}

function contractFinding({ revision }: Diagnosis, here: Here): Finding {
  const about = { subject: 'daemon', check: 'contract', facts: { daemon: revision, here: here.revision } }
  if (revision === here.revision) return { ...about, state: 'ok', says: `revision ${revision} on both sides` }
  const hint = 'Both understand what both know; muster down && muster up starts the daemon that belongs to this command.'
  return { ...about, state: 'warn', says: `the daemon has revision ${revision}, this muster ${here.revision}`, hint }
}

function writingFinding({ readOnly, durability }: Status): Finding {
  const about = { subject: 'daemon', check: 'writing', facts: { readOnly, durability } }
  if (readOnly) return { ...about, state: 'fail', says: 'the disk was full at the last try', hint: 'Free some space; the daemon tries again every 5 s.' }
  if (durability === 'full') return { ...about, state: 'ok', says: 'durability full' }
  return { ...about, state: 'warn', says: `durability ${durability}`, hint: 'The last moments may be lost in a power cut; "durability": "full" keeps them.' }
}

function runtimeFinding({ process: { node } }: Diagnosis, here: Here): Finding {
  const about = { subject: 'daemon', check: 'node', facts: { daemon: node, here: here.node } }
  if (node.split('.')[0] === here.node.split('.')[0]) return { ...about, state: 'ok', says: `Node ${node}` }
  const hint = 'A native module fits one major version of Node: the daemon may not start again under the other. Use one of them for both.'
  return { ...about, state: 'warn', says: `the daemon runs on Node ${node}, this command on ${here.node}`, hint }
}

function clockFinding({ clock: { jumps, lastAt, lastByMs } }: Diagnosis, { now }: Here): Finding {
  const about = { subject: 'daemon', check: 'clock', facts: { jumps, lastAt, lastByMs } }
  if (jumps === 0 || lastAt === null) return { ...about, state: 'ok', says: 'no jump since it started' }
  const way = (lastByMs ?? 0) < 0 ? 'backwards' : 'forwards, or the machine slept'
  const says = `${plural(jumps, 'jump')}, the last ${relativeTime(lastAt, now)} by ${shortSpan(Math.abs(lastByMs ?? 0))} ${way}`
  if (now - Date.parse(lastAt) > OLD_JUMP_MS) return { ...about, state: 'ok', says }
  return {
    ...about,
    state: 'warn',
    says,
    hint: 'Deadlines follow the wall clock: some may have passed, or be late. timedatectl shows whether it is synchronised.',
  }
}

function storageFinding({ database: { schema, bytes, freeBytes } }: Diagnosis): Finding {
  const says = `schema ${schema}, ${sizeText(bytes)}, of which ${sizeText(freeBytes)} are free for reuse`
  return { subject: 'database', check: 'size', state: 'ok', says, facts: { schema, bytes, freeBytes } }
}

function stuckFinding({ stuck: { count, deliveries } }: Diagnosis, { now }: Here): Finding {
  const about = { subject: 'mail', check: 'stuck deliveries', facts: { count, deliveries } }
  if (count === 0) return { ...about, state: 'ok', says: 'none' }
  const [first] = deliveries
  const how = first?.state === 'offered' ? `handed over ${relativeTime(first.offeredAt, now)}` : `given back ${plural(first?.failures ?? 0, 'time')}`
  const says = `${plural(count, 'delivery', 'deliveries')}; ${first?.id} to ${first?.to ? peerName(first.to) : 'nobody'}: ${how}, attempt ${first?.attempt}`
  return { ...about, state: 'warn', says, hint: 'muster trace <delivery> shows its life; a session that ends its turn gives back what it holds.' }
}

function deadFinding({ deadLetters }: Status): Finding {
  const about = { subject: 'mail', check: 'dead letters', facts: { deadLetters } }
  if (deadLetters === 0) return { ...about, state: 'ok', says: 'none' }
  return { ...about, state: 'warn', says: plural(deadLetters, 'dead letter'), hint: 'muster status lists them, with the reason of each.' }
}

function parkedFinding({ parkedPairs }: Status): Finding {
  const about = { subject: 'mail', check: 'parked pairs', facts: { parkedPairs } }
  if (parkedPairs === 0) return { ...about, state: 'ok', says: 'none' }
  return { ...about, state: 'warn', says: `${plural(parkedPairs, 'pair')} that wrote to each other without end`, hint: 'muster status lists them.' }
}

function devicesFinding({ devices }: Status): Finding {
  const about = { subject: 'people', check: 'devices', facts: devices }
  if (devices.paired > 0) return { ...about, state: 'ok', says: plural(devices.paired, 'paired device') }
  return { ...about, state: 'off', says: 'none is paired, so nobody can decide a card', hint: 'muster pair shows a code for a browser or a phone.' }
}

function cardsFinding({ cards: { waiting, oldestAt } }: Status, { now }: Here): Finding {
  const about = { subject: 'people', check: 'cards', facts: { waiting, oldestAt } }
  if (oldestAt === null || now - Date.parse(oldestAt) <= OLD_CARD_MS) {
    return { ...about, state: 'ok', says: waiting === 0 ? 'none waits' : `${plural(waiting, 'waits', 'wait')} for a person` }
  }
  const says = `${plural(waiting, 'waits', 'wait')} for a person, the oldest since ${relativeTime(oldestAt, now)}`
  return { ...about, state: 'warn', says, hint: 'muster decide shows what they ask; a person decides on a paired device.' }
}

function searchFinding({ search: { behind, oldestAt, failures } }: Status): Finding {
  const about = { subject: 'search', check: 'index', facts: { behind, oldestAt, failures } }
  if (failures > 0) {
    const says = `could not be written, ${plural(failures, 'time')} in a row; ${plural(behind, 'message')} behind`
    return { ...about, state: 'warn', says, hint: 'It is tried again by itself. A full disk is the likeliest cause; muster logs may say more.' }
  }
  return { ...about, state: 'ok', says: behind === 0 ? 'up to date' : `${plural(behind, 'message')} behind: it is filled when nothing else is to do` }
}

function outboxFinding({ outbox }: Diagnosis, { now }: Here): Finding {
  const about = { subject: 'outbox', check: 'rows', facts: outbox }
  const { waiting, dead, oldestAt, destinations } = outbox
  if (dead > 0) {
    const hint = 'Each was tried ten times; muster logs says why. Nothing of it is lost, and nobody tries it again.'
    return { ...about, state: 'fail', says: `${plural(dead, 'dead row')} (${destinations.join(', ')})`, hint }
  }
  if (oldestAt !== null && now - Date.parse(oldestAt) > OLD_OUTBOX_MS) {
    return {
      ...about,
      state: 'warn',
      says: `${waiting} waiting, the oldest since ${relativeTime(oldestAt, now)}`,
      hint: 'muster logs may say what it waits for.',
    }
  }
  return { ...about, state: 'ok', says: waiting === 0 ? 'empty' : `${waiting} waiting` }
}

function leftoversFinding({ leftovers, outbox }: Diagnosis): Finding {
  const about = { subject: 'peers', check: 'retired', facts: leftovers }
  const { awaited, credentials } = leftovers
  // A retirement takes its time, in the outbox.
  if (outbox.waiting > 0 || (awaited === 0 && credentials === 0)) return { ...about, state: 'ok', says: 'retired peers left nothing' }
  const says = `something waits for ${plural(awaited, 'retired peer')}; ${plural(credentials, 'retired peer')} with a credential that works`
  return { ...about, state: 'warn', says, hint: 'A retirement did not end: see the outbox, and muster logs.' }
}

const MAX_ASKED = 200

/** Credentials that this user keeps for peers that this daemon does not have, or no more. */
async function credentialsFinding({ call }: Caller, paths: MusterPaths): Promise<Finding> {
  const about = { subject: 'peers', check: 'credentials' }
  const folder = dirname(paths.peerToken('x'))
  // Those with an @ are for other daemons.
  const names = namesIn(folder).flatMap((file) => /^([^@]+)\.token$/.exec(file)?.[1] ?? [])
  const gone: string[] = []
  for (const name of names.slice(0, MAX_ASKED)) {
    try {
      await call('peers.get', { peer: name })
    } catch (error) {
      if (!(error instanceof MusterError) || error.code !== 'not_found') continue
      gone.push(name)
    }
  }
  if (gone.length === 0) return { ...about, state: 'ok', says: plural(names.length, 'kept credential') }
  const hint = `They are of no use, unless a backup comes back: rm ${folder}/<name>.token`
  return { ...about, state: 'warn', says: `kept for peers that are not here: ${gone.join(', ')}`, hint, facts: { gone } }
}
