import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { ERROR_STATUSES } from '../../../src/error-statuses.ts'
import { ERROR_CODES, ERRORS, type ErrorCode, type ErrorFacts, isRetryable, MusterError } from '../../../src/errors.ts'

const codes = Object.keys(ERRORS) as ErrorCode[]
const table = codes.map(
  (code) => [code, { ...ERRORS[code], ...(ERROR_CODES[code] as ErrorFacts), ...ERROR_STATUSES[code], retryable: isRetryable(code) }] as const,
)

describe('the table of errors', () => {
  it('names codes in snake case, each with a sentence', () => {
    for (const [code, { message }] of table) {
      expect(code).toMatch(/^[a-z]+(_[a-z]+)*$/)
      expect(message).toMatch(/^[A-Z].*\.$/)
    }
  })

  it('has figures that the outside world can read', () => {
    for (const [code, { http, rpc, exit, close = 4400 }] of table) {
      expect(http, code).toBeGreaterThanOrEqual(400)
      expect(http, code).toBeLessThan(600)
      // 0 would be success, 2 is a usage error of shells, above 125 they report signals.
      expect(exit, code).toBeGreaterThan(0)
      expect(exit, code).toBeLessThan(126)
      expect(rpc, code).toBeLessThanOrEqual(-32000)
      // RFC 6455, section 7.4: 4000 to 4999 are ours, 1011 and 1012 are the protocol's.
      expect((close >= 4000 && close < 5000) || close === 1011 || close === 1012, code).toBe(true)
    }
  })

  it('gives each closing error a close code of its own', () => {
    const closing = table.flatMap(([, { close }]) => (close === undefined ? [] : [close]))
    expect(new Set(closing).size).toBe(closing.length)
  })

  it('tells what a shell may retry by its exit status: 75 and only 75', () => {
    for (const [code, { exit, retryable }] of table) expect(exit === 75, code).toBe(retryable)
  })
})

describe('an error', () => {
  it('comes back from the wire as it went in', () => {
    const details = fc.dictionary(
      fc.string().filter((key) => key !== 'code' && key !== 'message' && key !== '__proto__'),
      fc.jsonValue(),
    )
    fc.assert(
      fc.property(fc.constantFrom(...codes), details, fc.string(), (code, details, message) => {
        const data = JSON.parse(JSON.stringify(new MusterError(code, details, { message }).toData())) as Record<string, unknown>
        const back = MusterError.fromData(data)
        expect([back.code, back.message, back.retryable]).toEqual([code, message, isRetryable(code)])
        expect(JSON.stringify(back.details)).toBe(JSON.stringify(details))
      }),
    )
  })

  it('has the sentence of the table where none is given', () => {
    expect(new MusterError('not_found').message).toBe(ERRORS.not_found.message)
    expect(MusterError.fromData({ code: 'not_found' }).message).toBe(ERRORS.not_found.message)
  })

  it('cannot be renamed by its details', () => {
    expect(new MusterError('not_found', { code: 'forbidden', message: 'other' }).toData()).toMatchObject({
      code: 'not_found',
      message: ERRORS.not_found.message,
    })
  })

  it('of a code that this version does not know is internal and keeps its name', () => {
    for (const code of ['from_the_future', 'constructor', 'toString', '__proto__', undefined, 7, null]) {
      const error = MusterError.fromData({ code, message: 'so it goes' })
      expect([error.code, error.message, error.details['unknownCode']]).toEqual(['internal', 'so it goes', code])
    }
  })

  it('keeps what caused it', () => {
    const cause = new Error('disk')
    expect(new MusterError('unavailable', {}, { cause }).cause).toBe(cause)
    expect('cause' in new MusterError('unavailable')).toBe(false)
  })
})
