import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type EventFacts, fieldOf, pathsOf, render, renderLine, whyNoTemplate } from '../../../../daemon/ingress/template.ts'
import { LIMITS } from '../../../../src/limits.ts'

const facts = (body: unknown): EventFacts => ({ source: 'ci', event: 'push', id: 'e1', body })
const say = (template: string, body: unknown = {}) => render(template, facts(body))
/** What neither a terminal nor a reader may be deceived by. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: finding control characters is this pattern's purpose
const UNSAFE = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u2028-\u202e\u2066-\u2069]|\p{Surrogate}/u

describe('a template', () => {
  it('is filled from the body and from what is known of the event', () => {
    const body = { pull_request: { title: 'Fix it', merged: false, n: 7 }, commits: [{ message: 'one' }, { message: 'two' }], none: null }
    expect(say('{{pull_request.title}} #{{ pull_request.n }} {{pull_request.merged}}', body)).toBe('Fix it #7 false')
    expect(say('{{commits.1.message}} of {{commits.length}}, {{none}}', body)).toBe('two of 2, null')
    expect(say('{{@source}} {{@event}} {{@id}} {{@body}}', { a: 1 })).toBe('ci push e1 {"a":1}')
    expect(say('{{pull_request}}', body)).toBe('{"title":"Fix it","merged":false,"n":7}')
  })

  it('shows what is missing, and loses nothing for it', () => {
    expect(say('{{a.b}} and {{c}}', { c: 'c' })).toBe('(no a.b) and c')
    expect(say('{{a.b.c}}', { a: 'text' })).toBe('(no a.b.c)')
    expect(say('{{a}}', 'no object')).toBe('(no a)')
    expect(render('{{@event}}', { ...facts({}), event: null })).toBe('(no @event)')
    expect(say('{{a}}', { a: '' })).toBe('(no text)')
  })

  it('never reads a value as a template', () => {
    expect(say('{{a}}', { a: '{{b}} {{@body}}', b: 'secret' })).toBe('{{b}} {{@body}}')
    expect(say('{{a}}{{b}}', { a: '{', b: '{c}}', c: 'secret' })).toBe('{{c}}')
    expect(say('{{a}}', { a: "$& $1 $' $`" })).toBe("$& $1 $' $`")
  })

  it('finds no field that every object has, and no way to a prototype', () => {
    for (const path of [
      '__proto__',
      'constructor',
      'constructor.name',
      'toString',
      '__proto__.polluted',
      'hasOwnProperty',
      'a.__proto__',
      'a.constructor.prototype',
    ])
      expect(say(`{{${path}}}`, { a: {} })).toBe(`(no ${path})`)
    const own = JSON.parse('{"__proto__": {"x": "its own"}, "constructor": "a word"}') as unknown
    expect(say('{{__proto__.x}} {{constructor}}', own)).toBe('its own a word')
    expect(({} as { x?: unknown }).x).toBeUndefined()
  })

  it('cleans what would deceive', () => {
    expect(say('{{a}}', { a: 'one\r\ntwo\u001b[31m\u202e\u0000\u2028\ud800' })).toBe('one\ntwo\ufffd[31m\ufffd\ufffd\ufffd\ufffd')
    expect(renderLine('{{a}}', facts({ a: ' one\n\ttwo ' }), 100)).toBe('one two')
    expect(renderLine('{{a}}', facts({ a: 'x'.repeat(1_000) }), 100)).toBe(`${'x'.repeat(99)}…`)
  })

  it('is cut, never in the middle of a character', () => {
    const long = say('{{a}}', { a: `${'x'.repeat(LIMITS.maxFilledChars - 2)}😀😀` })
    expect(long).toBe(`${'x'.repeat(LIMITS.maxFilledChars - 2)}…`)
    expect(say('{{a}}'.repeat(64), { a: 'y'.repeat(4_000) })).toHaveLength(LIMITS.maxRenderedChars)
  })

  it('says of what is nested too deep that it is', () => {
    const deep = JSON.parse(`${'['.repeat(100_000)}${']'.repeat(100_000)}`) as unknown
    expect(say('{{@body}}', deep)).toMatch(/nested too deep|^\[/)
    expect(
      fieldOf(
        deep,
        Array.from({ length: 16 }, () => '0'),
      ),
    ).toMatch(/nested too deep|^\[/)
  })

  it('is refused where it is none, with what would be one', () => {
    for (const good of ['plain', '{{a}}', 'a { b } c', '{{a-b.$c_d.0}}', '{{{a}}}']) expect(whyNoTemplate(good), good).toBeUndefined()
    for (const bad of ['{{a b}}', '{{}}', '{{a..b}}', '{{a', 'a}}', '{{@other}}', '{{a.{{b}}}}', '{{a()}}', '{{a}}'.repeat(65)])
      expect(whyNoTemplate(bad), bad).toMatch(/Expected|placeholder/i)
    expect(pathsOf('{{a.b}} {{@body}} {{ c }}')).toEqual(['a.b', 'c'])
  })

  it('whatever it is and whatever comes, makes a bounded text that is safe, and never throws', () => {
    const piece = fc.oneof(
      fc.string({ unit: 'binary', maxLength: 20 }),
      fc.constantFrom('{{', '}}', '{{a}}', '{{a.b}}', '{{@body}}', '{{__proto__}}', '{{a.0}}'),
    )
    const template = fc.array(piece, { maxLength: 12 }).map((parts) => parts.join(''))
    const text = fc.string({ unit: 'binary', maxLength: 12 })
    const body = fc.oneof(fc.jsonValue({ maxDepth: 2 }), fc.record({ a: fc.jsonValue({ maxDepth: 1 }), b: text }), text)
    fc.assert(
      fc.property(template, body, (draft, said) => {
        const rendered = say(draft, said)
        expect(rendered.length).toBeGreaterThan(0)
        expect(rendered.length).toBeLessThanOrEqual(LIMITS.maxRenderedChars)
        expect(UNSAFE.test(rendered)).toBe(false)
        const line = renderLine(draft, facts(said), 100)
        expect(line.length).toBeLessThanOrEqual(100)
        expect(line).not.toMatch(/[\n\t]/)
        whyNoTemplate(draft)
      }),
      { numRuns: 100 },
    )
  })

  it('takes no time to speak of for a text that is nearly one', () => {
    for (const nasty of ['{{'.repeat(4_000), `{{${' '.repeat(7_990)}`, `{{${'a.'.repeat(3_900)}}}`, `${'{'.repeat(4_000)}${'}'.repeat(4_000)}`]) {
      // What took a time that grows with the square of this would not end within that of a test.
      for (let n = 0; n < 20; n += 1) whyNoTemplate(nasty)
      expect(say(nasty)).not.toBe('')
    }
  })
})
