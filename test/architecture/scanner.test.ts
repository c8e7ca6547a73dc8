import { describe, expect, it } from 'vitest'
import { findCycle, parseSource, readSources } from './project.ts'
import { importsOf, scan } from './scanner.ts'

const words = (source: string) => scan(source).map((token) => token.text)

describe('the scanner', () => {
  it('leaves comments out and keeps what looks like one inside a string', () => {
    expect(words("a // b\n/* c\n d */ 'e // f' g")).toEqual(['a', 'e // f', 'g'])
  })

  it('reads templates, with what they embed as code', () => {
    expect(words(`\`a \${b + \`c \${'}'} d\`} e\` f`)).toEqual(['a ', 'b', '+', 'c ', '}', ' d', ' e', 'f'])
  })

  it('reads braces inside what a template embeds', () => {
    expect(words(`\`\${{ a: 1 }.a}\` b`)).toEqual(['', '{', 'a', ':', '1', '}', '.', 'a', '', 'b'])
  })

  it('tells a regular expression from a division', () => {
    expect(words("a / b / 'c'")).toEqual(['a', '/', 'b', '/', 'c'])
    expect(scan('x = /[\'"/*]/g')).toMatchObject([{ text: 'x' }, { text: '=' }, { type: 'regex', text: '/[\'"/*]/g' }])
    expect(scan("return /'/")).toMatchObject([{ text: 'return' }, { type: 'regex' }])
    expect(scan('f(a) / g')).toHaveLength(6)
  })

  it('counts lines over comments, strings and templates', () => {
    expect(scan('/*\n*/ a\n`\n` b').map(({ text, line }) => [text, line])).toEqual([
      ['a', 2],
      ['\n', 3],
      ['b', 4],
    ])
  })

  it('refuses what does not end, so that a rule never passes on a file read by half', () => {
    expect(() => scan("'abc\n'")).toThrow('does not end')
    expect(scan("<p>the peer's</p>\nimport a from 'b'", { jsx: true }).filter(({ type }) => type === 'string')).toMatchObject([{ text: 'b' }])
    expect(() => scan('`abc')).toThrow('does not end')
    expect(() => scan(`\`\${ a`)).toThrow('does not end')
  })
})

describe('imports', () => {
  const find = (source: string) => importsOf(scan(source)).map(({ specifier, typeOnly }) => [specifier, typeOnly])

  it('are found in every form', () => {
    expect(find("import 'a'")).toEqual([['a', false]])
    expect(find("import a from 'a'")).toEqual([['a', false]])
    expect(find("import * as a from 'a'")).toEqual([['a', false]])
    expect(find("import a, { b as c, type D } from 'a'")).toEqual([['a', false]])
    expect(find("export * from 'a'")).toEqual([['a', false]])
    expect(find("export { a } from 'a'")).toEqual([['a', false]])
    expect(find("const a = await import('a')")).toEqual([['a', false]])
    expect(find("import json from './a.json' with { type: 'json' }")).toEqual([['./a.json', false]])
  })

  it('are erased where every name is a type', () => {
    expect(find("import type { A } from 'a'")).toEqual([['a', true]])
    expect(find("import type * as a from 'a'")).toEqual([['a', true]])
    expect(find("import { type A, type B } from 'a'")).toEqual([['a', true]])
    expect(find("import { type A, b } from 'a'")).toEqual([['a', false]])
    expect(find("export type { A } from 'a'")).toEqual([['a', true]])
  })

  it('are not seen in comments, strings, exports without a source, or import.meta', () => {
    expect(find("// import 'a'\nconst b = \"import 'a'\"\nexport { b }\nexport const c = import.meta.url\nd.import('x')")).toEqual([])
  })
})

describe('the walk', () => {
  it('finds the files that the rules are about', () => {
    const paths = readSources('src').map((file) => file.path)
    expect(paths).toContain('src/errors.ts')
    expect(paths).toContain('src/contract/index.ts')
  })

  it('resolves relative imports and finds cycles, between folders through types too', () => {
    const a = parseSource('x/a.ts', "import type { B } from './y/b.ts'")
    const b = parseSource('x/y/b.ts', "import { a } from '../a.ts'")
    expect(findCycle([a, b])).toEqual(['x/a.ts', 'x/y/b.ts', 'x/a.ts'])
    expect(findCycle([a])).toBeUndefined()
    const c = (kind: string) => [parseSource('x/c.ts', `import ${kind} { D } from './d.ts'`), parseSource('x/d.ts', "import { C } from './c.ts'")]
    expect(findCycle(c(''))).toEqual(['x/c.ts', 'x/d.ts', 'x/c.ts'])
    expect(findCycle(c('type'))).toBeUndefined()
  })
})
