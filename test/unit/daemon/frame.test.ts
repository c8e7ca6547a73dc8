import fc from 'fast-check'
import { expect, test } from 'vitest'
import { encodeMessage } from '../../../daemon/threads/frame.ts'
import type { Message } from '../../../src/contract/index.ts'
import { Message as MessageSchema } from '../../../src/contract/threads.ts'

const ref = fc.record({
  id: fc.constant('peer_k7qm2x1'),
  name: fc.stringMatching(/^[A-Za-z0-9]([A-Za-z0-9._-]{0,20}[A-Za-z0-9])?$/),
  circle: fc.constant('main'),
  role: fc.constantFrom('agent', 'orchestrator', 'service', 'person', 'observer'),
})
const touched = fc.array(fc.record({ pr: fc.constant('https://git.example/crew/ship/pull/7'), sha: fc.constant('a1b2c3d') }), { minLength: 1, maxLength: 2 })
const fields = {
  id: fc.constant('msg_k7qm2x2'),
  thread: fc.constant('thr_k7qm2x3'),
  kind: fc.constantFrom('ask', 'notify', 'reply', 'answer', 'decline', 'cancel', 'expire', 'fail', 'remind'),
  from: fc.option(ref),
  body: fc.string({ unit: 'binary', maxLength: 200 }),
  at: fc.constant('2026-11-21T10:45:00.000Z'),
  late: fc.boolean(),
  hops: fc.nat(16),
  causedBy: fc.option(fc.constant('msg_k7qm2x1')),
  redacted: fc.boolean(),
  attachments: fc.array(
    fc.record({ id: fc.constant('att_k7qm2x1'), name: fc.string({ unit: 'binary' }), mediaType: fc.string(), size: fc.nat(), sha256: fc.constant('00') }),
    { maxLength: 3 },
  ),
}
const progress = fc.record({ done: fc.nat(), of: fc.nat(), step: fc.string() })
const message = fc.oneof(
  fc.record(fields),
  fc.record({ ...fields, touched }),
  fc.record({ ...fields, progress }),
  fc.record({ ...fields, touched, progress }),
) as fc.Arbitrary<Message>

test('a message of a frame is the JSON of the message, whatever its body holds', () => {
  fc.assert(
    fc.property(message, (given) => {
      expect(encodeMessage(given)).toBe(JSON.stringify(given))
    }),
  )
})

test('a frame leaves out no field of a message', () => {
  const [given] = fc.sample(fc.record({ ...fields, touched, progress }), 1) as [Message]
  expect(Object.keys(JSON.parse(encodeMessage(given)))).toEqual(Object.keys(MessageSchema.shape))
})
