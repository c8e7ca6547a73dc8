import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { tomlStatements } from '../../../../client/agents/install/toml-statements.ts'

const pathsIn = (text: string) => tomlStatements(text)?.map(({ kind, path }) => `${kind} ${path.join('|')}`)

describe('the statements of a TOML file', () => {
  it('are tables and pairs, wherever comments, texts and lists run over several lines', () => {
    const text = [
      '# [not.a.table]',
      'model = "x" # = y',
      'list = [ "a", # ]',
      "  '[b]',",
      ']',
      'long = """',
      '[mcp_servers.muster]',
      'x = 1"""',
      "raw = '''",
      "[no]'''",
      '[ "quoted \\" key" . \'literal\' .bare-1 ]',
      'inline = { a = "[", b = [1, 2] }',
      '[[array]]',
      'a."b.c" = 1979-05-27T07:32:00Z',
    ]
    const expected = ['pair model', 'pair list', 'pair long', 'pair raw', 'table quoted " key|literal|bare-1', 'pair inline', 'table array', 'pair a|b.c']
    for (const eol of ['\n', '\r\n']) expect(pathsIn(text.join(eol))).toEqual(expected)
  })

  it('hold the texts of a pair in order, and where it begins and ends', () => {
    const text = 'a = 1\n  args = ["-x", \'C:\\y\', """z""""]  # last\n'
    const [, pair] = tomlStatements(text) ?? []
    expect(pair?.strings).toEqual(['-x', 'C:\\y', 'z"'])
    expect(text.slice(pair?.offset, pair?.end)).toBe('args = ["-x", \'C:\\y\', """z""""]')
  })

  it('are unknown where a text does not end', () => {
    for (const text of ['a = "x', 'a = """x', "[a.'b]", '[a', 'a', '= 1']) expect(tomlStatements(text), text).toBeUndefined()
  })

  it('are found, or not, in any text, without failing, and in order', () => {
    const piece = fc.constantFrom('[', ']', '"', "'", '"""', "'''", '=', '\n', '\r\n', '#', '.', 'a', '\\', '{', '}', ',', ' ', '\u0000')
    void fc.assert(
      fc.property(fc.array(piece, { maxLength: 40 }), (pieces) => {
        let at = 0
        for (const { offset, end } of tomlStatements(pieces.join('')) ?? []) {
          expect(offset).toBeGreaterThanOrEqual(at)
          expect(end).toBeGreaterThan(offset)
          at = end
        }
      }),
      { numRuns: 1_000 },
    )
  })
})
