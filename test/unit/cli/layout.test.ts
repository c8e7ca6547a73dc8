import { describe, expect, it } from 'vitest'
import { renderFields, renderTable } from '../../../client/cli/table.ts'
import { clockTime, relativeTime } from '../../../client/cli/when.ts'
import { shortSpan } from '../../../src/time.ts'

const plain = { columns: undefined, heading: (text: string) => text }

describe('a table', () => {
  it('aligns its columns and leaves no blanks at the ends of lines', () => {
    expect(
      renderTable(
        ['NAME', 'ROLE', 'ABOUT'],
        [
          ['bob', 'agent', 'reviews'],
          ['alice-the-second', 'service', ''],
        ],
        plain,
      ),
    ).toEqual(['NAME              ROLE     ABOUT', 'bob               agent    reviews', 'alice-the-second  service'])
  })

  it('shortens the last column to the terminal and never an id', () => {
    const [, row] = renderTable(['ID', 'ABOUT'], [['thr_k7qm2x1', 'a description that does not fit']], { ...plain, columns: 30 })
    expect(row).toBe('thr_k7qm2x1  a description th…')
    const [, narrow] = renderTable(['ID', 'ABOUT'], [['thr_k7qm2x1', 'a description that does not fit']], { ...plain, columns: 5 })
    expect(narrow).toBe('thr_k7qm2x1  a descr…')
  })

  it('keeps a cell on its line and its escapes harmless', () => {
    expect(renderTable(['A', 'B'], [['x\ny', '\u001b[2J']], plain)).toEqual(['A    B', 'x y  \\x1b[2J'])
  })

  it('marks its heading only', () => {
    expect(renderTable(['A'], [['b']], { ...plain, heading: (text) => `<${text}>` })).toEqual(['<A>', 'b'])
  })
})

describe('fields', () => {
  it('align their values', () => {
    expect(
      renderFields(
        [
          ['id', '1'],
          ['longer', 'two\nlines'],
        ],
        (label) => label,
      ),
    ).toEqual(['id      1', 'longer  two lines'])
  })
})

describe('a relative time', () => {
  const now = Date.parse('2026-01-31T12:00:00Z')

  it.each([
    ['2026-01-31T12:00:00Z', 'now'],
    ['2026-01-31T11:59:59.500Z', 'now'],
    ['2026-01-31T11:59:57Z', '3s ago'],
    ['2026-01-31T11:56:30Z', '3m ago'],
    ['2026-01-31T10:00:00Z', '2h ago'],
    ['2026-01-28T12:00:00Z', '3d ago'],
    ['2026-01-31T12:15:00Z', 'in 15m'],
    ['2026-02-01T11:00:00Z', 'in 23h'],
  ])('of %s is %s', (time, text) => {
    expect(relativeTime(time, now)).toBe(text)
  })

  it('is a dash where there is none', () => {
    expect([relativeTime(null, now), relativeTime('soon', now)]).toEqual(['-', '-'])
  })

  it('rounds down, so that a deadline is never shown later than it is', () => {
    expect([shortSpan(119_999), shortSpan(3_599_999), shortSpan(999)]).toEqual(['1m', '59m', '0s'])
  })
})

describe('a clock time', () => {
  it('names the day where it is another one', () => {
    const now = new Date(2026, 0, 31, 12, 0, 0).getTime()
    expect(clockTime(new Date(2026, 0, 31, 9, 5, 7).getTime(), now)).toBe('09:05:07')
    expect(clockTime(new Date(2026, 0, 30, 23, 5, 7).getTime(), now)).toBe('2026-01-30 23:05:07')
    expect(clockTime('never', now)).toBe('-')
  })
})
