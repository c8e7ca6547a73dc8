import { MusterError } from '../../browser.ts'
import { peer } from './connection.ts'
import { askAllAgain, onEvent } from './live.ts'

/**
 * Follows the event log for as long as the page lives; begin it when the daemon has greeted. The connection resumes by itself at the
 * last event that it saw. Where the daemon does not have that any more, everything that is shown is asked again.
 */
export async function followEvents(): Promise<void> {
  while (true) {
    try {
      // From the moment at which it was greeted, since nothing that is shown was asked earlier.
      for await (const event of peer().events({ after: peer().hello.cursor })) onEvent(event)
      return
    } catch (error) {
      if (!(error instanceof MusterError) || error.code !== 'cursor_expired') return
      askAllAgain()
    }
  }
}
