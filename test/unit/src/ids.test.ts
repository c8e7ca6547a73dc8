import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { CROCKFORD, compareIds, decodeCursor, decodeId, encodeCursor, encodeId, ID_KINDS, type IdKind, tagFrom } from '../../../src/ids.ts'

const kinds = Object.keys(ID_KINDS) as IdKind[]
const kind = fc.constantFrom(...kinds)
const tag = fc.string({ unit: fc.constantFrom(...CROCKFORD), minLength: 6, maxLength: 6 })
const number = fc.oneof(fc.nat(), fc.maxSafeNat())

describe('an id', () => {
  it('comes back from its text as it went in', () => {
    fc.assert(
      fc.property(kind, tag, number, (kind, tag, number) => {
        expect(decodeId(encodeId(kind, tag, number))).toEqual({ kind, tag, number })
      }),
    )
  })

  it('reads as its kind, its incarnation and its number', () => {
    expect(encodeId('message', 'k7qm2x', 0)).toBe('msg_k7qm2x0')
    expect(encodeId('message', 'k7qm2x', 32)).toBe('msg_k7qm2x10')
    expect(encodeId('peer', 'k7qm2x', Number.MAX_SAFE_INTEGER)).toBe('peer_k7qm2x7zzzzzzzzzz')
  })

  it('has a prefix of its own for each kind', () => {
    expect(new Set(Object.values(ID_KINDS)).size).toBe(kinds.length)
  })

  it('is ordered by its number, not by its text', () => {
    fc.assert(
      fc.property(kind, tag, tag, number, number, (kind, tagA, tagB, a, b) => {
        expect(Math.sign(compareIds(encodeId(kind, tagA, a), encodeId(kind, tagB, b)))).toBe(Math.sign(a - b))
      }),
    )
    expect(['msg_k7qm2x10', 'msg_k7qm2x9', 'dlv_k7qm2x11'].sort(compareIds)).toEqual(['dlv_k7qm2x11', 'msg_k7qm2x9', 'msg_k7qm2x10'])
  })

  it('is ordered the same way round whatever the kinds', () => {
    fc.assert(
      fc.property(kind, kind, tag, number, number, (kindA, kindB, tag, a, b) => {
        const [left, right] = [encodeId(kindA, tag, a), encodeId(kindB, tag, b)]
        // Adding 0 turns -0 into 0, which toBe tells apart.
        expect(Math.sign(compareIds(left, right)) + 0).toBe(-Math.sign(compareIds(right, left)) + 0)
      }),
    )
  })

  it('is none where the text is anything else', () => {
    const texts = [
      '',
      'msg_',
      'msg_k7qm2x',
      'MSG_k7qm2x1',
      'msg_K7QM2X1',
      'msg_k7qm2xu',
      'foo_k7qm2x1',
      'msg-k7qm2x1',
      ' msg_k7qm2x1',
      'msg_k7qm2x1\n',
      '__proto___k7qm2x1',
    ]
    for (const text of texts) expect(decodeId(text), text).toBeUndefined()
    // Beyond 2^53 two numbers would read as one.
    expect(decodeId('msg_k7qm2x80000000000')).toBeUndefined()
    fc.assert(fc.property(fc.string(), (text) => decodeId(text) === undefined || /^[a-z]+_[0-9a-z]{7,17}$/.test(text)))
  })

  it('cannot be made of what is no whole number', () => {
    for (const bad of [-1, 1.5, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 53]) expect(() => encodeId('peer', 'k7qm2x', bad)).toThrow(RangeError)
  })

  it('is not compared with what is none', () => {
    expect(() => compareIds('msg_k7qm2x1', 'k7qm2x1')).toThrow(TypeError)
  })
})

describe('an event cursor', () => {
  it('comes back from its text as it went in', () => {
    fc.assert(
      fc.property(tag, fc.nat(), (tag, seq) => {
        expect(decodeCursor(encodeCursor(tag, seq))).toEqual({ tag, seq })
      }),
    )
  })

  it('is none where the text is anything else', () => {
    for (const text of ['', 'k7qm2x', 'k7qm2x.', '.1', 'k7qm2x.-1', 'k7qm2x.1e3', 'k7qm2.1', 'k7qm2x.1.2', 'k7qm2x.1234567890123456'])
      expect(decodeCursor(text), text).toBeUndefined()
  })
})

describe('an incarnation tag', () => {
  it('is six characters of any six bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 6, maxLength: 20 }), (bytes) => {
        expect(decodeId(encodeId('peer', tagFrom(bytes), 1))?.tag).toBe(tagFrom(bytes))
      }),
    )
  })

  it('needs six bytes', () => {
    expect(() => tagFrom(new Uint8Array(5))).toThrow(RangeError)
  })
})
