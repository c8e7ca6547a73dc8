import { expect, test } from 'vitest'
import { MusterError } from '../../../src/muster-error.ts'

test('where the sentences are not loaded, as in a browser, the code stands for itself and what the daemon said is kept', () => {
  expect(new MusterError('too_large', { limit: 5 }).message).toBe('too large')
  expect(MusterError.fromData({ code: 'not_found', message: 'There is no peer x.' }).message).toBe('There is no peer x.')
})
