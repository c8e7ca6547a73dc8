import { useState } from 'preact/hooks'
import type { Input, OperationName, Output } from '../../browser.ts'
import { ClientError, MusterError } from '../../browser.ts'
import { announce } from '../shell/announcements.ts'
import { peer } from './connection.ts'

/** Does one thing in this person's name. @throws MusterError what the daemon says, ClientError where it did not answer in time */
export function act<N extends OperationName>(name: N, input: Input<N>): Promise<Output<N>> {
  return peer().call(name, input)
}

/** What an error says to a person: what is wrong, and what would be right. */
export function wordsOf(error: unknown): string {
  if (error instanceof MusterError) {
    const issues = Array.isArray(error.details['issues']) ? (error.details['issues'] as { path?: string; message?: string }[]) : []
    const said = issues.map(({ path, message }) => [path, message].filter(Boolean).join(': '))
    return [error.message, ...said, error.details['hint']].filter((part) => typeof part === 'string' && part !== '').join(' ')
  }
  if (error instanceof ClientError && error.code === 'timeout') return 'The daemon did not answer in time. It may have been done: look before you try again.'
  return error instanceof Error ? error.message : String(error)
}

export interface Doing {
  readonly busy: boolean
  /** What went wrong the last time. */
  readonly error: string | undefined
  /** Runs it; while one is under way, another is not begun. Resolves to whether it was done. */
  readonly run: (work: () => Promise<unknown>, done?: string) => Promise<boolean>
}

/** For one button or form: it is busy while the daemon has not answered, and says what the daemon said. */
export function useDoing(): Doing {
  const [busy, setBusy] = useState(false)
  const [error, setError] = useState<string>()
  const run: Doing['run'] = async (work, done) => {
    if (busy) return false
    setBusy(true)
    setError(undefined)
    try {
      await work()
      if (done) announce(done)
      return true
    } catch (reason) {
      setError(wordsOf(reason))
      announce(wordsOf(reason), 'bad')
      return false
    } finally {
      setBusy(false)
    }
  }
  return { busy, error, run }
}
