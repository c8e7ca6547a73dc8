import * as z from 'zod'
import { MusterError } from '../../src/errors.ts'
import type { ForgeSetting } from '../../src/forges.ts'
import { LIMITS } from '../../src/limits.ts'
import { isSameCommit } from '../../src/review-subjects.ts'
import { systemClock } from '../clock.ts'
import type { Duty } from '../services/run-service.ts'
import { type Changed, type Forge, ForgeError } from './forge.ts'
import { GitHub } from './github.ts'
import { GitLab } from './gitlab.ts'
import { Lane, type LaneClock } from './lane.ts'
import { Repositories } from './repositories.ts'
import { type Facts, factsOfPull, factsOfRef, type Subject } from './subjects.ts'
import { readForgeToken } from './tokens.ts'

type Env = Readonly<Record<string, string | undefined>>

const Settings = z.object({
  forges: z.array(z.custom<ForgeSetting & { readonly baseUrl: string }>()),
  repositories: z.array(z.string()),
  everyMs: z.number(),
})
const KINDS = { github: GitHub, gitlab: GitLab } as const
const PAGE = LIMITS.maxPage
/** What follows within this is one reason to ask the daemon again. */
const SETTLE_MS = 50
/** After a question that the daemon did not answer. */
const RETRY_MS = 5_000

/** Near to the calendar, for forges that do not say what time they have. */
const now = (): number => performance.timeOrigin + performance.now()
const clock: LaneClock = { now, wallMs: Date.now, setTimer: systemClock.setTimer, random: Math.random }

/** Looks at what the daemon wants to be looked at, at the forges and repositories that are configured and at nothing else, until the signal aborts. */
export async function observe(duty: Duty, env: Env): Promise<void> {
  const { peer, report, signal } = duty
  const { forges: settings, repositories, everyMs } = Settings.parse(duty.settings)
  const forges = settings.map((setting) => openForge(setting, env))
  const common = { everyMs, clock, signal, onState: () => report.parts(lanes.map(({ part }) => part)), report: reportTo(duty) }
  const ofForges = new Map(
    forges.map((forge) => [forge.host, new Lane({ ...common, name: forge.host, look: lookAtForge(forge), detail: () => forge.allowance })]),
  )
  const ofGit = repositories.length === 0 ? undefined : new Lane({ ...common, name: 'git', look: lookAtRepositories(new Repositories(repositories, env)) })
  const lanes: readonly Lane[] = [...ofForges.values(), ...(ofGit ? [ofGit] : [])]
  /** Which of them a subject is for; a host or a kind that none of them is for is not looked at. */
  const laneOf = ({ kind, host = '', repository = '' }: Subject): Lane | undefined => {
    if (kind === 'pull_request') return ofForges.get(host)
    // Of a repository that is known by its remote the path is unknown.
    return kind !== 'artifact' && repository.startsWith('/') ? ofGit : undefined
  }
  const refresh = async (): Promise<void> => {
    const subjects = await watchedSubjects(duty)
    for (const lane of lanes) lane.watch(subjects.filter((subject) => laneOf(subject) === lane))
  }
  try {
    const following = follow(duty, refresh)
    peer.on('status', ({ state }) => void (state === 'online' && following.again()))
    await following.over
  } finally {
    await Promise.all(forges.map((forge) => forge.close()))
  }
}

function openForge({ host, kind, baseUrl, token }: ForgeSetting & { readonly baseUrl: string }, env: Env): Forge {
  return new KINDS[kind](host, { baseUrl, token: () => readForgeToken(token, env), now: clock.now })
}

function lookAtForge(forge: Forge): (subject: Subject, signal: AbortSignal) => Promise<Facts> {
  return async ({ project = '', number = 0, head }, signal) => {
    const pull = await forge.pullRequest({ project, number }, signal)
    const isMoved = head !== undefined && pull.head !== undefined && !isSameCommit(head, pull.head)
    const changed = isMoved ? await compared(forge, project, head, pull.head, signal) : undefined
    return factsOfPull(forge.host, pull, changed)
  }
}

/** After a force push the forge may have neither head any more, and the rest of the facts counts all the same. */
async function compared(forge: Forge, project: string, from: string, to: string, signal: AbortSignal): Promise<Changed> {
  try {
    return await forge.compare(project, from, to, signal)
  } catch (error) {
    if (error instanceof ForgeError && (error.kind === 'missing' || error.kind === 'unexpected')) return { from }
    throw error
  }
}

function lookAtRepositories(repositories: Repositories): (subject: Subject, signal: AbortSignal) => Promise<Facts> {
  return async ({ kind, repository = '', branch = '', base = '', head = '' }, signal) => {
    const facts =
      kind === 'branch'
        ? await repositories.branch({ repository, branch, head: head === '' ? undefined : head }, signal)
        : await repositories.range({ repository, base, head }, signal)
    return factsOfRef(facts)
  }
}

function reportTo({ peer }: Duty): (subject: Subject, facts: Facts, at: number) => Promise<void> {
  return async ({ review }, facts, at) => {
    await peer.call('reviews.observe', { observations: [{ ...facts, subject: { review }, at: new Date(at).toISOString() }] })
  }
}

async function watchedSubjects({ peer }: Duty): Promise<readonly Subject[]> {
  const subjects: Subject[] = []
  let after: string | undefined
  do {
    const page = await peer.call('reviews.watched', { limit: PAGE, ...(after !== undefined && { after }) })
    subjects.push(...page.subjects)
    after = page.after ?? undefined
  } while (after !== undefined)
  return subjects
}

/** Asks anew whenever something happens to a review: events say when, so that nothing is asked for in vain. */
function follow(duty: Duty, refresh: () => Promise<void>): { readonly over: Promise<void>; readonly again: () => void } {
  const { report, signal } = duty
  let wanted = false
  let running = false
  let isReady = false
  let problem = ''
  const ask = async (): Promise<void> => {
    await refresh()
    problem = ''
    if (!isReady) report.ready()
    isReady = true
  }
  const run = async (): Promise<void> => {
    running = true
    while (wanted && !signal.aborted) {
      wanted = false
      const startedAt = clock.now()
      await ask().catch((error: unknown) => {
        wanted = true
        const says = error instanceof MusterError ? error.code : String(error)
        if (says !== problem && !signal.aborted) report.log('error', `cannot ask the daemon what to look at: ${says}`)
        problem = says
      })
      // A long list is asked for at most a fifth of the time.
      await pause(wanted && problem !== '' ? RETRY_MS : SETTLE_MS + 4 * (clock.now() - startedAt), signal)
    }
    running = false
  }
  const again = (): void => {
    wanted = true
    if (!running) void run()
  }
  return { over: eventsOf(duty, again), again }
}

async function eventsOf({ peer, signal }: Duty, again: () => void): Promise<void> {
  while (!signal.aborted) {
    const events = peer.events({ types: ['review'], signal })
    // Subscribed first, asked then: nothing falls between.
    const first = events.next()
    again()
    try {
      await first
      again()
      for await (const _event of events) again()
    } catch (error) {
      // The log has been cut, or is another one since a restore: what there is now is asked for again.
      if (!(error instanceof MusterError) || error.code !== 'cursor_expired') throw error
    }
  }
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const cancel = clock.setTimer(end, ms)
    signal.addEventListener('abort', end, { once: true })
    function end(): void {
      cancel()
      signal.removeEventListener('abort', end)
      resolve()
    }
  })
}
