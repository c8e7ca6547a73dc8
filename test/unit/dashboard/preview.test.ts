import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { plainWords, preview } from '../../../client/dashboard/parts/preview.ts'

describe('a preview of Markdown', () => {
  it.each([
    ['May I **drop** the old tables?', 'May I drop the old tables?'],
    ['*one* _two_ __three__ ~~four~~ ***five***', 'one two three four five'],
    ['**bold with *both* in it** and **a*b**', 'bold with both in it and a*b'],
    ['Run `npm test` and ``a `tick` in it``', 'Run npm test and a `tick` in it'],
    ['`**not bold**` and `_x_`', '**not bold** and _x_'],
    ['See [the *plan*](https://example.com/a_(b) "title") and ![a picture](x.png)', 'See the plan and a picture'],
    ['![](https://example.com/x.png) <https://example.com/a_b_c>', 'https://example.com/x.png https://example.com/a_b_c'],
    ['[![build](badge.svg)](https://ci.example/) is green', 'build is green'],
    ['# Plan\n\nFirst this.', 'Plan First this.'],
    ['Plan\n====\n\n## Second ##\nthat', 'Plan Second that'],
    ['Do:\n- build\n* test\n  + ship', 'Do: • build • test • ship'],
    ['1. build\n2) test', '1. build 2) test'],
    ['- [ ] open\n- [x] done', '• ☐ open • ☑ done'],
    ['> quoted **words**\n> go on', 'quoted words go on'],
    ['Look:\n```ts\nconst a = b * c * d\n```\nDone', 'Look: const a = b * c * d Done'],
    ['~~~\n**raw**\n~~~', '**raw**'],
    ['a\n\n---\n\nb\n***', 'a b'],
    ['| a | b |\n|---|:-:|\n| 1 | 2 |', '| a | b | | 1 | 2 |'],
    ['the [docs]\n\n[docs]: https://example.com/ "title"', 'the [docs]'],
    ['\\*as it is\\* and \\`this\\`', '*as it is* and `this`'],
    ['one\r\ntwo\t three', 'one two three'],
  ])('%j reads %j', (markdown, words) => {
    expect(preview(markdown)).toBe(words)
  })

  it.each([
    'snake_case_name, a__b__c and x_1 = y_1',
    '2 * 3 * 4 is 24, and a ** b',
    'a[0][1] = "[x]" (see [1])',
    '**kwargs, *args, a_ and _b',
    'C# and #42, - dash - and 3.5',
    'one ` tick',
    '<script>alert(1)</script> &amp; <b>',
    '~5 minutes to ~6',
  ])('%j stays as it is', (text) => {
    expect(preview(text)).toBe(text)
  })

  it('ends what was cut off within a mark', () => {
    const long = 'words '.repeat(40)
    expect(preview(`**All of this is bold: ${long}`.slice(0, 200))).toMatch(/^All of this is bold: words .*words wor$/)
    expect(preview(`${long.slice(0, 180)}[a link](https://example.com/and-so-on`.slice(0, 205))).toMatch(/ a link$/)
    expect(preview(`${long.slice(0, 186)}\`code that goes on`.slice(0, 200))).toMatch(/ code that goes?$/)
    expect(preview('**All of this')).toBe('**All of this')
  })

  it('is of a length, and cuts no character', () => {
    expect(preview('x'.repeat(300))).toBe(`${'x'.repeat(199)}…`)
    expect(preview('one two three', 9)).toBe('one two…')
    expect(preview('🎈'.repeat(900), 4)).toBe('🎈🎈🎈…')
    expect(preview(`[x](${'y'.repeat(990)})${'🎈'.repeat(9)}`)).toMatch(/…$/)
    expect(preview(`${' '.repeat(996)}abc🎈`)).toBe('abc…')
  })

  it('is never empty where there is something', () => {
    for (const text of ['***', '```', '# ', '[]()', '---\n---']) expect(preview(text)).toBe(text.trim().replace('\n', ' '))
    expect(preview(' \n ')).toBe('')
  })

  it('shows what could deceive, within marks as well', () => {
    expect(preview('**\u202edevorppa\u202c** by\u0000 zero\u200bwidth \u{e0041}tag')).toBe('␣devorppa␣ by␣ zero␣width ␣tag')
    expect(preview('*\u200b*bold**')).not.toContain('\u200b')
    expect(preview('[\u2066hidden](javascript:alert(1))')).toBe('␣hidden')
  })

  it('takes no longer for a text that is made to take long', () => {
    const monsters = ['[', '![', '[a](', '*a ', '**', '`a``', '_a_ ', '> ', '- ', '\\[', '<http:', '[a [b] ', '(', '| - ', '~~a', '- * + ']
    const startedAt = performance.now()
    for (const monster of monsters) preview(monster.repeat(100_000))
    // All of them take some 20 ms; what grows with a power of the length would take minutes.
    expect(performance.now() - startedAt).toBeLessThan(2_000)
  })

  it('of any text is one line, of that length, in which nothing is hidden', () => {
    const mark = fc.constantFrom(
      '*',
      '**',
      '_',
      '`',
      '```\n',
      '[',
      '](',
      ')',
      '\n',
      '\n\n',
      '# ',
      '- ',
      '> ',
      '\\',
      '~~',
      ' ',
      'word',
      '\u202e',
      '\u0007',
      '<',
      '>',
    )
    const text = fc.oneof(
      fc.string({ unit: 'binary', maxLength: 400 }),
      fc.array(mark, { maxLength: 300 }).map((marks) => marks.join('')),
    )
    fc.assert(
      fc.property(text, (given) => {
        const shown = preview(given, 120)
        expect([...shown].length).toBeLessThanOrEqual(120)
        expect(shown).not.toMatch(/\p{Cc}|[\u202a-\u202e\u2066-\u2069\u200b]/u)
        if (given.trim() !== '') expect(shown).not.toBe('')
        // Nothing is made up: each of its words was there.
        const letters = (of: string): string[] => of.match(/[\p{L}\p{N}]/gu) ?? []
        let at = 0
        const there = letters(given)
        for (const letter of letters(shown)) {
          at = there.indexOf(letter, at) + 1
          expect(at).toBeGreaterThan(0)
        }
      }),
      { numRuns: 500 },
    )
  })

  it('of words alone is those words', () => {
    const words = fc.array(fc.stringMatching(/^[a-z]{1,8}$/), { minLength: 1, maxLength: 20 }).map((all) => all.join(' '))
    fc.assert(
      fc.property(words, (given) => {
        expect(plainWords(given)).toBe(given)
      }),
    )
  })
})
