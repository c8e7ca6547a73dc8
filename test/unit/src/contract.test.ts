import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type * as z from 'zod'
import { Address, Body, Duration, EventCursor, Id, IdempotencyKey, Limit, Line, Name, Reason, Time } from '../../../src/contract/common.ts'
import { HelloSchema, OPERATION_NAMES, OPERATIONS } from '../../../src/contract/index.ts'
import { encodeId, ID_KINDS, type IdKind } from '../../../src/ids.ts'
import { LIMITS } from '../../../src/limits.ts'

const accepts = (type: z.ZodType, value: unknown) => type.safeParse(value).success
const CONTROLS = ['\u0000', '\n', '\r', '\t', '\u001b', '\u007f', '\u0085', '\u009b', '\u2028', '\u2029', '\u200e', '\u202e', '\u2066']
const LONE = ['\ud800', '\udc00', 'a\ud800', '\udc00\ud800']

describe('a name', () => {
  it.each(['a', 'A1', 'ada', 'code-reviewer', 'web.v2', 'my_backend', 'team_xyz123456', 'a'.repeat(64)])('may be %s', (name) => {
    expect(accepts(Name, name)).toBe(true)
  })

  it.each(['', ' ', '-a', 'a-', '.', '..', '_a', 'a b', 'a@b', 'a/b', 'role:a', 'ä', 'а', 'a\u200bb', '👍', 'a'.repeat(65), 1, null])(
    'may not be %j',
    (name) => {
      expect(accepts(Name, name)).toBe(false)
    },
  )

  it('holds no control character and no lone surrogate', () => {
    for (const text of [...CONTROLS, ...LONE])
      for (const name of [`a${text}`, `${text}a`, `a${text}a`, text]) expect(accepts(Name, name), JSON.stringify(name)).toBe(false)
  })

  it('may not look like an id of any kind, in any case', () => {
    for (const kind of Object.keys(ID_KINDS) as IdKind[]) {
      const id = encodeId(kind, 'k7qm2x', 99)
      expect(accepts(Name, id), id).toBe(false)
      expect(accepts(Name, id.toUpperCase()), id).toBe(false)
    }
  })
})

describe('an address', () => {
  it.each(['ada', 'ada@main', 'peer_k7qm2x1', 'role:agent', 'cap:review', 'role:agent@main', 'cap:web.v2@team-1'])('may be %s', (address) => {
    expect(accepts(Address, address)).toBe(true)
  })

  it.each([
    '',
    '@',
    'ada@',
    '@main',
    'a@b@c',
    'role:',
    'role: agent',
    'tag:x',
    'role:cap:x',
    'ada ',
    'ada@ma in',
    '*',
    'ada,bob',
    'ada\n',
    `${'a'.repeat(135)}`,
  ])('may not be %j', (address) => {
    expect(accepts(Address, address)).toBe(false)
  })

  it('takes every name, with and without a circle', () => {
    const word = fc.stringMatching(/^[A-Za-z0-9]([A-Za-z0-9._-]{0,30}[A-Za-z0-9])?$/)
    fc.assert(
      fc.property(word, word, (name, circle) => {
        expect(accepts(Address, name) && accepts(Address, `${name}@${circle}`)).toBe(true)
      }),
    )
  })

  it('is refused in time that grows with its length, not faster', () => {
    expect(accepts(Address, `${'a'.repeat(1_000_000)}!`)).toBe(false)
    expect(accepts(Name, `${'a.'.repeat(500_000)}!`)).toBe(false)
  })
})

describe('a body', () => {
  it('says something', () => {
    expect(accepts(Body, '')).toBe(false)
    expect(accepts(Body, ' ')).toBe(true)
  })

  it('may have lines, tabs and any character that has a UTF-8 form', () => {
    for (const text of ['a\nb\tc', '👍', '\u0000', '\u202e', '\ufffd', '\ufeff']) expect(accepts(Body, text), JSON.stringify(text)).toBe(true)
    for (const text of LONE) expect(accepts(Body, text), JSON.stringify(text)).toBe(false)
  })

  it('is measured in bytes of UTF-8, to the byte', () => {
    for (const [char, bytes] of [
      ['a', 1],
      ['é', 2],
      ['€', 3],
      ['👍', 4],
    ] as const) {
      const most = Math.floor(LIMITS.maxBodyBytes / bytes)
      expect(accepts(Body, char.repeat(most)), char).toBe(true)
      expect(accepts(Body, `${char.repeat(most)}${'a'.repeat(LIMITS.maxBodyBytes - most * bytes)}`), char).toBe(true)
      const { error } = Body.safeParse(char.repeat(most + 1))
      expect(error?.issues, char).toMatchObject([{ params: { code: 'too_large' } }])
    }
  })

  it('is accepted exactly where it comes back from UTF-8 as it was', () => {
    const decoder = new TextDecoder()
    const encoder = new TextEncoder()
    const text = fc.string({ unit: fc.integer({ min: 0, max: 0xffff }).map((unit) => String.fromCharCode(unit)), minLength: 1 })
    // The decoder would drop a leading byte order mark.
    fc.assert(
      fc.property(text, (text) => {
        expect(accepts(Body, text)).toBe(decoder.decode(encoder.encode(`a${text}`)) === `a${text}`)
      }),
    )
  })
})

describe('a line', () => {
  it('holds no control character, no text direction and no lone surrogate', () => {
    for (const text of [...CONTROLS, ...LONE]) expect(accepts(Line(10), `a${text}`), JSON.stringify(text)).toBe(false)
    for (const text of ['', 'a b', 'é 👍']) expect(accepts(Line(10), text)).toBe(true)
  })

  it('is bounded', () => {
    expect(accepts(Line(3), 'abc')).toBe(true)
    expect(accepts(Line(3), 'abcd')).toBe(false)
  })
})

describe('the smaller types', () => {
  it('a reason says something, within its limit', () => {
    expect(['', 'a'.repeat(LIMITS.maxReasonChars + 1), ...LONE].map((text) => accepts(Reason, text))).toEqual(Array(6).fill(false))
    expect(accepts(Reason, 'two\nlines')).toBe(true)
  })

  it('an idempotency key is visible ASCII', () => {
    expect(['a', '~!', '0'.repeat(64)].map((key) => accepts(IdempotencyKey, key))).toEqual([true, true, true])
    expect(['', ' ', 'a b', 'é', 'a\n', '0'.repeat(65)].map((key) => accepts(IdempotencyKey, key))).toEqual(Array(6).fill(false))
  })

  it('a page is 1 to 200 long', () => {
    expect([1, 200].map((limit) => accepts(Limit, limit))).toEqual([true, true])
    expect([0, -1, 201, 1.5, '10', Number.NaN, 2 ** 53, null].map((limit) => accepts(Limit, limit))).toEqual(Array(8).fill(false))
  })

  it('an id is of its kind', () => {
    expect(accepts(Id('message'), 'msg_k7qm2x1')).toBe(true)
    for (const id of ['thr_k7qm2x1', 'msg_k7qm2x', 'msg_k7qm2xu', 'msg_k7qm2x1 ', 'msg_k7qm2x1\n', 1])
      expect(accepts(Id('message'), id), String(id)).toBe(false)
    fc.assert(fc.property(fc.maxSafeNat(), (number) => accepts(Id('delivery'), encodeId('delivery', 'k7qm2x', number))))
  })

  it('durations, times and cursors are checked, not only typed', () => {
    expect([accepts(Duration, '90s'), accepts(Duration, 'soon')]).toEqual([true, false])
    expect([accepts(Time, '2026-01-31T09:00:00Z'), accepts(Time, '2026-02-31T09:00:00Z')]).toEqual([true, false])
    expect([accepts(EventCursor, 'k7qm2x.1042'), accepts(EventCursor, '1042')]).toEqual([true, false])
  })
})

describe('every operation', () => {
  const inputs = [...OPERATION_NAMES.map((name) => [name, OPERATIONS[name].input] as const), ['hello', HelloSchema] as const]

  it('is listed once, by the name that it has', () => {
    expect(new Set(OPERATION_NAMES).size).toBe(OPERATION_NAMES.length)
    expect(Object.keys(OPERATIONS)).toEqual([...OPERATION_NAMES])
    for (const name of OPERATION_NAMES) expect(name).toMatch(/^[a-z]+\.[a-z]+$/)
  })

  it('says in one sentence what it does', () => {
    for (const name of OPERATION_NAMES) expect(OPERATIONS[name].summary, name).toMatch(/^[A-Z].*\.$/)
  })

  it.each(inputs)('%s refuses an unknown field and names it', (_name, input) => {
    for (const field of ['surprise', '__proto__', 'constructor']) {
      const { error } = input.safeParse(JSON.parse(`{"${field}":1}`))
      expect(error?.issues).toContainEqual(expect.objectContaining({ code: 'unrecognized_keys', keys: [field] }))
    }
  })

  it.each(inputs)('%s takes or refuses whatever it is sent, and never throws', (_name, input) => {
    fc.assert(fc.property(fc.jsonValue(), (value) => typeof input.safeParse(value).success === 'boolean'))
    for (const value of [undefined, null, [], '', 0]) expect(input.safeParse(value).success).toBe(false)
  })

  it('that creates something takes a key, so that it can be repeated', () => {
    const creating = OPERATION_NAMES.filter((name) => /^threads\.(ask|notify|reply|answer|decline|cancel)$|^peers\.register$/.test(name))
    for (const name of creating) expect(Object.keys(OPERATIONS[name].input.shape), name).toContain('key')
  })
})

it('an operation of the leader is a command that takes the token of its lease: only those are fenced', () => {
  const fenced = OPERATION_NAMES.filter((name) => OPERATIONS[name].access === 'leader')
  expect(fenced.length).toBeGreaterThan(2)
  for (const name of fenced) {
    expect(OPERATIONS[name].kind, name).toBe('command')
    expect(
      OPERATIONS[name].input.safeParse({ token: 'none' }).error?.issues.map(({ path }) => path.join()),
      name,
    ).toContain('token')
  }
})
