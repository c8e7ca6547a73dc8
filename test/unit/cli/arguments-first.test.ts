import { expect, it } from 'vitest'
import { COMMANDS } from '../../../client/cli/registry.ts'
import { wordsOf } from '../../support/command-lines.ts'
import { muster } from './memory-environment.ts'

/** Lines of the help that name something by its id, which is spoiled here. */
const commands = await Promise.all(Object.values(COMMANDS).map(async ({ load }) => (await load()).command))
const lines = commands
  .flatMap(({ examples }) => examples.map(([line]) => line))
  // A watchdog takes a peer there as well, and which names there are only the daemon can tell.
  .filter((line) => !line.startsWith('muster watchdog ask') && /\b[a-z]{3}_k7qm2x\w+/.test(line))
  .map((line) => line.replace(/\b[a-z]{3}_k7qm2x\w+/, 'thr_!'))

it('there are many', () => {
  expect(lines.length).toBeGreaterThan(20)
})

// Nobody listens there: a command that connected first would say so.
it.each(lines)('%s is refused before anything is connected', async (line) => {
  const { exit, stderr } = await muster(wordsOf(line) ?? [])
  expect({ exit, stderr }).toMatchObject({ exit: 64 })
})
