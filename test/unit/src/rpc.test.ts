import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { MusterError } from '../../../src/errors.ts'
import { encodeFailure, encodeNotification, encodeSuccess, isRequestId, parseRequest } from '../../../src/rpc.ts'

function refusal(frame: string): MusterError {
  try {
    parseRequest(frame)
  } catch (error) {
    if (error instanceof MusterError) return error
    throw error
  }
  throw new Error(`It was accepted: ${frame}`)
}

const frame = (fields: object) => JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'a', ...fields })

describe('a request', () => {
  it('is read with or without params', () => {
    expect(parseRequest('{"jsonrpc":"2.0","id":1,"method":"node.ping"}')).toEqual({ jsonrpc: '2.0', id: 1, method: 'node.ping' })
    expect(parseRequest(' {"method":"a","params":{"b":[1]},"id":"x","jsonrpc":"2.0"} ').params).toEqual({ b: [1] })
  })

  it('comes back from its text as it went in', () => {
    const id = fc.oneof(fc.maxSafeInteger(), fc.string({ minLength: 1, maxLength: 64, unit: 'binary' }))
    const params = fc.option(fc.dictionary(fc.string(), fc.jsonValue()), { nil: undefined })
    fc.assert(
      fc.property(id, fc.string(), params, (id, method, params) => {
        const text = JSON.stringify({ jsonrpc: '2.0', id, method, params })
        expect(JSON.stringify(parseRequest(text))).toBe(text)
      }),
    )
  })

  it.each([
    ['nothing', ''],
    ['a blank', ' '],
    ['no JSON', 'hello'],
    ['half of it', '{"jsonrpc":"2.0","id":1'],
    ['two of them', '{"jsonrpc":"2.0","id":1,"method":"a"}{"jsonrpc":"2.0","id":2,"method":"a"}'],
    ['JSON with a comment', '{/**/"jsonrpc":"2.0","id":1,"method":"a"}'],
    ['a byte order mark', '\ufeff{"jsonrpc":"2.0","id":1,"method":"a"}'],
    ['a number', '1'],
    ['a text', '"a"'],
    ['null', 'null'],
    ['true', 'true'],
    ['a batch', '[{"jsonrpc":"2.0","id":1,"method":"a"}]'],
    ['an empty batch', '[]'],
    ['an empty object', '{}'],
    ['another version', '{"jsonrpc":"1.0","id":1,"method":"a"}'],
    ['a version that is a number', '{"jsonrpc":2.0,"id":1,"method":"a"}'],
    ['a client notification', '{"jsonrpc":"2.0","method":"a"}'],
    ['a response', '{"jsonrpc":"2.0","id":1,"result":{}}'],
    ['deep arrays', '['.repeat(500_000)],
    ['deep objects', `${'{"a":'.repeat(100_000)}1${'}'.repeat(100_000)}`],
    ['an own __proto__', '{"jsonrpc":"2.0","id":1,"method":"a","__proto__":{"params":{}}}'],
    ['a constructor', '{"jsonrpc":"2.0","id":1,"method":"a","constructor":1}'],
  ])('is refused where the frame is %s', (_name, text) => {
    expect(refusal(text).code).toBe('invalid_frame')
  })

  it.each([null, '', 'a'.repeat(65), 1.5, 2 ** 53, -(2 ** 53), true, {}, []])('is refused with the id %j', (id) => {
    const error = refusal(frame({ id }))
    expect(error.code).toBe('invalid_frame')
    expect(error.details).not.toHaveProperty('id')
  })

  it.each([null, 'a', 1, true, []])('is refused with the params %j, and the reply finds its caller', (params) => {
    expect(refusal(frame({ id: 'x', params })).details['id']).toBe('x')
  })

  it.each([null, 1, {}, ['a']])('is refused with the method %j', (method) => {
    expect(refusal(frame({ method })).details['id']).toBe(1)
  })

  it('names the field that nobody knows, as far as it fits', () => {
    expect(refusal(frame({ extra: 1 })).message).toContain('`extra`')
    expect(refusal(frame({ ['a'.repeat(1_000_000)]: 1 })).message.length).toBeLessThan(200)
  })

  it('keeps the last of two fields of one name, as JSON.parse does', () => {
    expect(parseRequest('{"jsonrpc":"2.0","id":1,"id":2,"method":"a","method":"b"}')).toMatchObject({ id: 2, method: 'b' })
  })

  it('pollutes nothing: a __proto__ in its params stays a field', () => {
    const { params } = parseRequest('{"jsonrpc":"2.0","id":1,"method":"a","params":{"__proto__":{"polluted":true}}}')
    expect(Object.keys(params ?? {})).toEqual(['__proto__'])
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined()
  })

  it('is read or refused, whatever the frame', () => {
    const valid = frame({ params: { a: 'b' } })
    const damaged = fc
      .tuple(fc.nat(valid.length), fc.string({ unit: 'binary', maxLength: 3 }), fc.nat(5))
      .map(([at, text, cut]) => valid.slice(0, at) + text + valid.slice(at + cut))
    const shaped = fc
      .record({ jsonrpc: fc.constantFrom('2.0', 2, null), id: fc.jsonValue(), method: fc.jsonValue(), params: fc.jsonValue() }, { requiredKeys: [] })
      .map((value) => JSON.stringify(value))
    fc.assert(
      fc.property(fc.oneof(fc.string({ unit: 'binary' }), fc.json(), damaged, shaped), (text) => {
        try {
          expect(isRequestId(parseRequest(text).id)).toBe(true)
        } catch (error) {
          expect(error).toMatchObject({ name: 'MusterError', code: 'invalid_frame' })
        }
      }),
      { numRuns: 2_000 },
    )
  })
})

describe('what the daemon sends', () => {
  it('is one JSON object with the id of the request', () => {
    expect(JSON.parse(encodeSuccess('a"b', { c: 1 }))).toEqual({ jsonrpc: '2.0', id: 'a"b', result: { c: 1 } })
    expect(JSON.parse(encodeNotification('bye', { reason: 'x' }))).toEqual({ jsonrpc: '2.0', method: 'bye', params: { reason: 'x' } })
  })

  it('is, for a failure, the number of JSON-RPC and our code in its data', () => {
    const text = encodeFailure(null, new MusterError('invalid_input', { hint: 'h', issues: [] }))
    expect(JSON.parse(text)).toEqual({
      jsonrpc: '2.0',
      id: null,
      error: {
        code: -32602,
        message: 'The input does not fit the operation.',
        data: { code: 'invalid_input', message: 'The input does not fit the operation.', hint: 'h', issues: [] },
      },
    })
  })

  it('stays valid UTF-8 where an id holds a lone surrogate', () => {
    expect(encodeSuccess('\ud800', {})).toContain('\\ud800')
  })
})
