import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { isExpired, KINDS, type Note, slugOf } from '../../../client/workspace/note.ts'
import { checkDraft, formatNote, parseNote } from '../../../client/workspace/note-file.ts'

const TIMES = { created: '2026-01-31T09:00:00.000Z', updated: '2026-02-01T09:00:00.000Z' }
const file = (front: string, body = 'Text.') => `---\n${front}\n---\n\n${body}\n`
const FRONT = 'title: A\nkind: rule\ncreated: 2026-01-31'
const refusal = (text: string) => {
  try {
    parseNote('x', text)
  } catch (error) {
    return error instanceof Error && error.name === 'NoteError' ? error.message : error
  }
  return undefined
}

describe('a note', () => {
  it('is read back as it was written, whatever stands in it', () => {
    const text = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 60 })
    const line = text.map((one) => `x${one.replace(/[\r\n\u0085\u2028\u2029]/g, ' ')}`.trim())
    fc.assert(
      fc.property(
        line,
        text,
        fc.constantFrom(...KINDS),
        fc.array(fc.stringMatching(/^[a-z][a-z-]{0,10}$/), { maxLength: 4 }),
        line,
        (title, body, kind, tags, source) => {
          fc.pre(body.trim() !== '' && !body.includes('\0') && !body.includes('\r'))
          const note = checkDraft({ title, body, kind, tags, source, expires: '2026-12-31' }, TIMES, { own: { field: [1, null, title] } })
          expect(note).toMatchObject({ title, kind, ...TIMES, source, expires: '2026-12-31', tags: [...new Set(tags)], body: body.trim() })
          expect(parseNote(note.slug, formatNote(note))).toEqual(note)
        },
      ),
    )
  })

  it('knows on which line its text begins', () => {
    const note = parseNote('x', '---\ntitle: A\nkind: fact\ncreated: 2026-01-31\ntags: a\n---\n\n\n\nHere.\n')
    expect([note.bodyLine, note.body, note.updated, note.tags]).toEqual([10, 'Here.', '2026-01-31T00:00:00Z', ['a']])
    expect(parseNote('x', file(FRONT).replaceAll('\n', '\r\n')).body).toBe('Text.')
    expect(parseNote('x', `\ufeff${file(FRONT)}`).title).toBe('A')
  })

  it.each([
    ['nothing in front', 'Text.', /does not begin with a line "---"/],
    ['no end of the front', `---\n${FRONT}\n\nText.`, /no closing line/],
    ['no kind', file('title: A\ncreated: 2026-01-31'), /needs a kind: rule/],
    ['another kind', file(FRONT.replace('rule', 'law')), /needs a kind: rule/],
    ['no title', file('kind: rule\ncreated: 2026-01-31'), /needs a title/],
    ['a title of two lines', file('title: "a\\nb"\nkind: rule\ncreated: 2026-01-31'), /needs a title of one line/],
    ['a day that is none', file(FRONT.replace('01-31', '02-30')), /needs a time in created/],
    ['an end that is none', file(`${FRONT}\nexpires: soon`), /expires at no time/],
    ['tags that are none', file(`${FRONT}\ntags: [1, {}]`), /tags that are none/],
    ['a list', file('- a\n- b'), /not a list of "key: value"/],
    ['a key twice', file(`${FRONT}\ntitle: B`), /is not YAML/],
    ['YAML that is none', file(`${FRONT}\nx: [`), /is not YAML/],
    ['an anchor', file(`${FRONT}\na: &a [x]\nb: *a`), /cannot be read/],
    ['a bomb', file(`${FRONT}\na: &a [x,x,x,x,x,x,x,x,x]\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a]\nc: &c [*b,*b,*b,*b,*b,*b,*b,*b]`), /cannot be read/],
    ['too much of it', file(`${FRONT}\nx: ${'y'.repeat(20_000)}`), /is longer than/],
    ['a nest', file(`${FRONT}\nx: ${'['.repeat(8_000)}`), /./],
    ['a nest that ends', file(`${FRONT}\nx: ${'['.repeat(7_000)}${']'.repeat(7_000)}`), /./],
  ])('is none with %s', (_what, text, why) => {
    expect(refusal(text)).toMatch(why)
  })

  it('runs nothing and makes no prototype of what it is given', () => {
    const note = parseNote('x', file(`${FRONT}\n__proto__: { polluted: yes }\nconstructor: x\nf: !!js/function "1"`))
    expect(Object.getPrototypeOf(note.others)).toBe(Object.prototype)
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined()
  })

  it('ends with the day that it names', () => {
    const at = (expires: string) => (now: string) => isExpired({ expires } as Note, Date.parse(now))
    expect([at('2026-01-31')('2026-01-31T23:59:59Z'), at('2026-01-31')('2026-02-01T00:00:00Z')]).toEqual([false, true])
    expect([at('2026-01-31T12:00:00Z')('2026-01-31T12:00:01Z'), isExpired({}, Date.now())]).toEqual([true, false])
  })

  it('that is a fact ends after 90 days, unless it is said when; the others do not', () => {
    const made = (kind: 'fact' | 'rule', expires?: string) => checkDraft({ title: 'A', body: 'b', kind, tags: [], ...(expires && { expires }) }, TIMES).expires
    expect([made('fact'), made('fact', 'never'), made('fact', '2027-01-01'), made('rule')]).toEqual(['2026-05-02', undefined, '2027-01-01', undefined])
  })
})

/** Of any characters, assigned or not. */
const anyText = fc.array(fc.integer({ min: 0, max: 0x10ffff }), { maxLength: 30 }).map((points) => String.fromCodePoint(...points))

describe('the name of a note', () => {
  it('is its title in letters and digits of any script', () => {
    expect(['Reviews first!', '  ÜBER  die API ', '规则 一', 'ａｂｃ１', '../../etc/passwd', '...', 'a'.repeat(200)].map(slugOf)).toEqual([
      'reviews-first',
      'über-die-api',
      '规则-一',
      'abc1',
      'etc-passwd',
      '',
      'a'.repeat(80),
    ])
  })

  it('is its own name, and never a path', () => {
    fc.assert(
      fc.property(anyText, (title) => {
        const slug = slugOf(title)
        expect(slug).toMatch(/^(?!-)(?:[\p{L}\p{M}\p{N}]|-(?=[\p{L}\p{N}]))*$/u)
        expect(slugOf(slug)).toBe(slug)
      }),
    )
  })
})
