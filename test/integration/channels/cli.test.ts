import { expect, test } from 'vitest'
import { musterHere } from '../../support/cli-here.ts'
import { scene } from '../../support/reachable-person.ts'
import { NtfyServer } from '../../support/receivers.ts'

test('muster channels shows what is bound, tests it, and ends it; a terminal binds nothing', async () => {
  await using ntfy = await NtfyServer.start()
  await using made = await scene({ ntfy: { baseUrl: ntfy.url, token: { variable: 'TEST_NOBODY_SETS_THIS' } } })
  const { ann, home } = made
  const muster = (...args: readonly string[]) => musterHere(home.path, args)
  expect(await muster('channels')).toMatchObject({ exit: 0, stderr: expect.stringContaining('No channel is bound') })
  const { channel } = await ann.call('channels.bind', { kind: 'ntfy', topic: 'crew' })
  const id = channel?.id ?? ''
  expect(await muster('channels', 'test', id)).toMatchObject({ exit: 0, stdout: expect.stringContaining('A notice goes to ntfy crew of owner.') })
  for (let shown = ''; !shown.includes('there is no token in the variable'); ) shown = (await muster('channels')).stdout
  expect((await muster('channels')).stdout).toMatch(/ntfy crew +owner +phone +never +1 .*chn_/)
  expect(await muster('channels', 'unbind', 'crd_k7qm2x1')).toMatchObject({ exit: 64 })
  expect(JSON.parse((await muster('channels', 'unbind', id, '--json')).stdout)).toMatchObject({ channel: { id, reason: 'unbound', waiting: 0 } })
  expect((await muster('channels')).stdout).toContain('ended: unbound')
  expect(await muster('channels', 'test', id)).toMatchObject({ exit: 5, stderr: expect.stringContaining('has ended') })
  expect(await musterHere(home.path, ['as-person', 'channels.bind', '{"kind": "ntfy", "topic": "mine"}'])).toMatchObject({
    stderr: expect.stringContaining('none about devices'),
  })
})
