import { existsSync } from 'node:fs'
import { setTimeout as pause } from 'node:timers/promises'
import type { Output } from '../../src/contract/index.ts'
import { standingOf } from './answered.ts'
import { noteAsked } from './asked-people.ts'
import { isClaimed } from './claims.ts'
import { isAtDialog } from './claude-status.ts'
import { type HookAnswer, NO_ANSWER, type RuntimeDriver } from './driver.ts'
import type { HookOptions } from './hook.ts'
import type { Wanted } from './permission-dialog.ts'
import { AgentSession } from './session.ts'
import { remove, sessionFiles } from './session-files.ts'
import { SessionLink } from './session-link.ts'

type Verdict = Output<'decisions.permit'>

/** How long the daemon may be away before the hook leaves it to the terminal. */
const PATIENCE_MS = 30_000
const LOOK_MS = 300
/** So many looks in a row. */
const GONE = 2
const MAX_FOLDER_CHARS = 300

/**
 * Asks people for what the runtime asks its user, and answers in the words of the runtime when one has decided: only a person can. Empty where it was answered at the
 * terminal first, where nobody did in time, and where anything is wrong; the runtime's own dialog counts then.
 */
export async function askPeople(options: HookOptions, signal: AbortSignal): Promise<HookAnswer> {
  const { driver, input, door, env, cwd, client } = options
  const { dialog } = driver
  const wanted = dialog?.read(input)
  const { call, key, agent } = standingOf(options)
  if (!dialog || !wanted || key === undefined || isClaimed(sessionFiles(door, driver.name, key).runner)) return NO_ANSWER
  const folder = call.cwd ?? cwd
  const session = new AgentSession({ door, driver, key, env, cwd: folder, agent, client })
  if (!session.isKnown) return NO_ANSWER
  const file = noteAsked(session.files, wanted)
  const answered = new AbortController()
  const looking = untilAnswered(file, () => (driver.name === 'claude-code' && agent ? isAtDialog(env, agent.pid) : undefined), answered)
  const link = new SessionLink(session)
  try {
    return answerOf(await permit(link, driver, { wanted, folder, signal: AbortSignal.any([signal, answered.signal]) }), dialog)
  } catch (error) {
    if (answered.signal.aborted || signal.aborted) return NO_ANSWER
    throw error
  } finally {
    answered.abort()
    remove(file)
    await link.close()
    await looking
  }
}

interface Asking {
  readonly wanted: Wanted
  readonly folder: string
  readonly signal: AbortSignal
}

async function permit(link: SessionLink, { title }: RuntimeDriver, { wanted, folder, signal }: Asking): Promise<Verdict> {
  // Where it is part of what a lease can be for; a tool that has a folder of its own keeps that.
  const given = { cwd: folder, ...wanted.arguments }
  const context = `${title} asks its user whether it may use ${wanted.tool}, in ${folder.slice(-MAX_FOLDER_CHARS)}`
  for (;;) {
    const verdict = await link.call('decisions.permit', { tool: wanted.tool, arguments: given, context, timeout: '1h' }, { signal, patienceMs: PATIENCE_MS })
    if (verdict.verdict !== 'waits') return verdict
  }
}

function answerOf({ verdict, by, note }: Verdict, dialog: NonNullable<RuntimeDriver['dialog']>): HookAnswer {
  if (verdict === 'allowed') return dialog.write({ allow: true })
  if (verdict !== 'denied') return NO_ANSWER
  return dialog.write({ allow: false, message: `${by?.name ?? 'A person'} does not allow it.${note === null ? '' : ` ${note}`}` })
}

/** Fires the signal when it has been answered at the terminal: a later hook says so, or the dialog has gone from the screen. */
async function untilAnswered(file: string, look: () => boolean | undefined, answered: AbortController): Promise<void> {
  let wasThere = false
  let gone = 0
  while (!answered.signal.aborted) {
    const isThere = look()
    wasThere ||= isThere === true
    // Between two dialogs in a row there is none for a moment.
    gone = wasThere && isThere === false ? gone + 1 : 0
    if (!existsSync(file) || gone === GONE) return answered.abort()
    await pause(LOOK_MS, undefined, { signal: answered.signal }).catch(() => undefined)
  }
}
