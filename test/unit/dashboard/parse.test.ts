import { expect, it } from 'vitest'
import { parse } from '../../../client/dashboard/parts/parse.ts'

it.each([
  ['emphasis that never ends', '***a** '.repeat(2_800)],
  ['a run of blanks', `a${' '.repeat(19_000)}b`],
  ['a word without an end', 'a'.repeat(19_000)],
  ['quotes in quotes', '>'.repeat(5_900)],
])('shows %s as it is: the time to read it would grow with its square', (_what, text) => expect(parse(text)).toBeUndefined())

it('reads a long report with lists, emphasis and a table', () => {
  const section = '## Part\n\n- **one** of `a_b`\n- *two*, and ~~three~~\n\n| a | b |\n|---|---|\n| 1 | 2 |\n\nSome _words_ of prose.\n\n'
  expect(parse(section.repeat(90))?.length).toBeGreaterThan(300)
})
