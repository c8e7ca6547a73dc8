import { useEffect, useRef, useState } from 'preact/hooks'
import type { Input, OperationName, Output } from '../../browser.ts'
import { announce } from '../shell/announcements.ts'
import { peer } from './connection.ts'
import { wordsOf } from './error-words.ts'

/** Does one thing in this person's name. @throws MusterError what the daemon says, ClientError where it did not answer in time */
export function act<N extends OperationName>(name: N, input: Input<N>): Promise<Output<N>> {
  return peer().call(name, input)
}

/** Within this, nobody has read what came up. */
const UNREAD_MS = 2_000

export interface Doing {
  readonly busy: boolean
  /** What went wrong the last time. */
  readonly error: string | undefined
  /** Runs it; while one is under way, another is not begun. Resolves to whether it was done. */
  readonly run: (work: () => Promise<unknown>, done?: string) => Promise<boolean>
}

/** For one button or form: it is busy while the daemon has not answered. What the daemon said against it is for its place to show, once. */
export function useDoing(): Doing {
  const [busy, setBusy] = useState(false)
  const [error, setError] = useState<string>()
  const said = useRef<{ readonly words: string; readonly at: number }>(undefined)
  // What an error is about may be over, and its place gone before anybody could read it.
  useEffect(() => () => void (said.current && Date.now() - said.current.at < UNREAD_MS && announce(said.current.words, 'bad')), [])
  const run: Doing['run'] = async (work, done) => {
    if (busy) return false
    setBusy(true)
    setError(undefined)
    try {
      await work()
      if (done) announce(done)
      return true
    } catch (reason) {
      const words = wordsOf(reason)
      said.current = { words, at: Date.now() }
      setError(words)
      return false
    } finally {
      setBusy(false)
    }
  }
  return { busy, error, run }
}
