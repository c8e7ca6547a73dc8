import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { clip, plural, safeJson, safeLine, safeText } from '../../../client/cli/text.ts'

/** What a terminal may act on or text may hide behind, without the tab, the newline and the carriage return before one. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what must not come through
const DANGEROUS = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f\u2028\u2029\u200e\u200f\u202a-\u202e\u2066-\u2069]|\r(?!\n)/

const hostile = fc.string({
  unit: fc.oneof(fc.string({ unit: 'binary', minLength: 1, maxLength: 1 }), fc.constantFrom('\u001b', '[', '2J', '\u009b', '\u202e', '\r', '\n', '\u007f')),
})

describe('text from peers', () => {
  it('reaches a terminal without anything it would act on', () => {
    fc.assert(fc.property(hostile, (text) => !DANGEROUS.test(safeText(text))))
    fc.assert(fc.property(hostile, (text) => !DANGEROUS.test(safeLine(text)) && !safeLine(text).includes('\n')))
    fc.assert(fc.property(hostile, (text) => !DANGEROUS.test(safeJson({ text }))))
  })

  it.each([
    ['a colour', '\u001b[31mred', '\\x1b[31mred'],
    ['a title', '\u001b]0;owned\u0007', '\\x1b]0;owned\\x07'],
    ['an 8-bit escape', '\u009b2J', '\\x9b2J'],
    ['a backspace', 'safe\u0008\u0008\u0008\u0008evil', 'safe\\x08\\x08\\x08\\x08evil'],
    ['a line that overwrites itself', 'safe\revil', 'safe\\x0devil'],
    ['a reversed name', 'exe.\u202egpj', 'exe.\\u{202e}gpj'],
    ['hidden tag characters', 'a\u{e0041}b', 'a\\u{e0041}b'],
  ])('shows %s as what it is', (_name, text, shown) => {
    expect(safeText(text)).toBe(shown)
  })

  it('stays as it is where it is harmless', () => {
    const text = 'Grüße, 世界 👩‍👩‍👧\tcolumn\r\nnext line\n'
    expect(safeText(text)).toBe(text)
  })

  it('is one line where one line is wanted', () => {
    expect(safeLine('  a\n\tb  \r\n c ')).toBe('a b c')
  })
})

describe('JSON for a terminal', () => {
  it('parses to exactly what it was made of', () => {
    fc.assert(fc.property(hostile, (text) => JSON.parse(safeJson({ text })).text === text))
    expect(JSON.parse(safeJson({ tag: '\u{e0041}' }))).toEqual({ tag: '\u{e0041}' })
  })

  it('is one line', () => {
    expect(safeJson({ a: 'x\ny\u2028z' })).not.toMatch(/[\n\u2028]/)
  })
})

describe('clip', () => {
  it('shortens with an ellipsis and counts characters, not halves of them', () => {
    expect(clip('abcdef', 4)).toBe('abc…')
    expect(clip('👍👍👍👍', 4)).toBe('👍👍👍👍')
    expect(clip('👍👍👍👍👍', 4)).toBe('👍👍👍…')
  })
})

describe('plural', () => {
  it('knows one from several', () => {
    expect([plural(0, 'row'), plural(1, 'row'), plural(2, 'row'), plural(2, 'reply', 'replies')]).toEqual(['0 rows', '1 row', '2 rows', '2 replies'])
  })
})
