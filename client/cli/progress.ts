import type { Environment } from './environment.ts'
import { safeLine } from './text.ts'

/** How far a longer work has come. */
export interface Progress {
  /** So many are done. */
  advance: (done: number) => void
  /** Takes the line away, so that what follows stands where it stood. Idempotent. */
  end: () => void
}

/** A work that is over before this shows nothing. */
const SHOWN_AFTER_MS = 500
const EVERY_MS = 100
const CLEAR_LINE = '\r\u001b[K'

/**
 * One line on stderr that is written over and over; nothing where stderr is no terminal, where it is `dumb`, or with `--json`.
 *
 * @param total what `done` counts up to; `undefined` where that is not known
 */
export function startProgress({ stderr, env, now }: Environment, json: boolean, what: string, total?: number): Progress {
  const isShown = stderr.isTTY === true && env['TERM'] !== 'dumb' && !json
  let nextAt = now() + SHOWN_AFTER_MS
  let isOnScreen = false
  return {
    advance(done) {
      if (!isShown || now() < nextAt) return
      nextAt = now() + EVERY_MS
      isOnScreen = true
      stderr.write(`${CLEAR_LINE}${safeLine(what)} ${howFar(done, total)}`)
    },
    end() {
      if (isOnScreen) stderr.write(CLEAR_LINE)
      isOnScreen = false
    },
  }
}

function howFar(done: number, total: number | undefined): string {
  if (total === undefined || total <= 0) return String(done)
  return `${done} of ${total} (${Math.min(100, Math.floor((100 * done) / total))} %)`
}
