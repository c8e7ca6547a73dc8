import { expect, it } from 'vitest'
import { wordsAtField, wordsOf } from '../../../client/dashboard/session/error-words.ts'
import { ERRORS } from '../../../src/errors.ts'
import { MusterError } from '../../../src/muster-error.ts'

const issues = [{ path: 'every', message: 'Expected a duration like 90s' }]

it('says what is wrong once, without a sentence that says nothing', () => {
  const { invalid_input, forbidden } = ERRORS
  expect(wordsOf(new MusterError('invalid_input', { issues, hint: 'every: Expected a duration like 90s' }, invalid_input))).toBe(
    'every: Expected a duration like 90s',
  )
  expect(wordsOf(new MusterError('forbidden', { hint: 'A person appoints.' }, forbidden))).toBe('A person appoints.')
  expect(wordsOf(new MusterError('forbidden', {}, forbidden))).toBe(forbidden.message)
  expect(wordsOf(new MusterError('invalid_input', { hint: 'Expected 09:00.' }, { message: 'often is no time.' }))).toBe('often is no time. Expected 09:00.')
})

it('does not name the field at the field itself', () => {
  expect(wordsAtField(new MusterError('invalid_input', { issues }))).toBe('Expected a duration like 90s')
  expect(wordsAtField(new MusterError('invalid_input', { field: 'zone', hint: 'Expected a zone.' }, ERRORS.invalid_input))).toBe('Expected a zone.')
})
