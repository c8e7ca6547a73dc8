import { expect, it } from 'vitest'
import { STORIES, tellAll } from './stories.ts'

const { seeds } = STORIES.pairing

/** What becomes of a pairing, a device and an action, by the events that say so. */
const TRANSITIONS = [
  'pairing.begun',
  'pairing.redeemed',
  'pairing.refused',
  'pairing.paired',
  'pairing.ended',
  'device.renamed',
  'credential.revoked',
  'action.proposed',
  'action.done',
  'action.rejected',
  'action.ended',
]
/** What keeps a commit from happening, or the process from seeing that it did. */
const STRIKES = ['busy', 'full', 'fullEnded', 'lostIo', 'doneIo', 'dies before', 'dies after']
const STANDING = ['pairing open', 'pairing redeemed', 'action waiting', 'device live', 'device revoked']
const BEFALLS = ['restart', 'restore', 'clock', 'suspend']
const REFUSALS = {
  'pairings.begin': ['forbidden', 'invalid_input', 'name_taken', 'unauthenticated'],
  'pairings.redeem': ['already_closed', 'not_found', 'too_many_requests'],
  'pairings.confirm': ['already_closed', 'forbidden', 'invalid_input', 'not_found', 'unauthenticated'],
  'pairings.cancel': ['already_closed', 'forbidden', 'not_found', 'unauthenticated'],
  'devices.rename': ['forbidden', 'not_found', 'unauthenticated'],
  'devices.revoke': ['forbidden', 'not_found', 'unauthenticated'],
  'credentials.create': ['forbidden'],
  'actions.propose': ['invalid_input', 'not_found', 'too_many_requests', 'unauthenticated'],
  'actions.approve': ['already_closed', 'forbidden', 'not_found', 'unauthenticated'],
  'actions.reject': ['already_closed', 'not_found', 'unauthenticated'],
}

const pairs = (ones: readonly string[], others: readonly string[]) => ones.flatMap((one) => others.map((other) => `${one} × ${other}`))
const WANTED = [...pairs(STRIKES, TRANSITIONS), ...pairs(BEFALLS, STANDING), ...Object.entries(REFUSALS).flatMap(([op, codes]) => pairs([op], codes))]

it(`gives a person's authority to confirmed devices alone, and does each action at most once, under seeds 1 to ${seeds}`, async () => {
  const { failures, met, ...sums } = await tellAll(STORIES.pairing, WANTED)
  expect(failures).toEqual([])
  expect(sums.paired).toBeGreaterThan(seeds)
  expect(sums.done).toBeGreaterThan(seeds)
  expect(sums.restores).toBeGreaterThan(seeds)
  expect(sums.crashes).toBeGreaterThan(seeds * 5)
  expect(WANTED.filter((each) => !met.has(each))).toEqual([])
})
