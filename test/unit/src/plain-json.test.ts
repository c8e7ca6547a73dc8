import { expect, it } from 'vitest'
import { whyNotKept } from '../../../src/plain-json.ts'

it.each([
  ['{"a":{"b":[1,-2.5,"x",null,true]},"constructor":1,"n":9007199254740991}'],
  ['{"text":"9007199254740993","tiny":1e-300,"large":1.5e15}'],
  [`{"a":${'['.repeat(60)}${']'.repeat(60)}}`],
  ['null'],
])('keeps %s', (text) => expect(whyNotKept(JSON.parse(text))).toBeUndefined())

it.each([
  ['{"__proto__":1}', '__proto__'],
  ['{"a":[{"b":{"__proto__":{}}}]}', '__proto__'],
  ['{"\\u005f_proto__":1}', '__proto__'],
  ['{"n":9007199254740993}', '2^53'],
  ['[[-9007199254740992]]', '2^53'],
  ['{"n":1e400}', '2^53'],
  [`{"a":${'['.repeat(200_000)}${']'.repeat(200_000)}}`, 'deep'],
])('says why it would not keep it as it was said', (text, why) => expect(whyNotKept(JSON.parse(text))).toContain(why))
