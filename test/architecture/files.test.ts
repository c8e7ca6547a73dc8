import { posix } from 'node:path'
import { describe, expect, it } from 'vitest'
import { parseSource, readSources, type SourceFile } from './project.ts'
import type { Token } from './scanner.ts'

const files = readSources('src', 'daemon', 'client', 'bench', 'test', 'scripts')

/** Where a process begins and ends: the environment and the exit status belong there and nowhere else. */
const ENTRIES = [
  /^daemon\/(bin|config|offline)\.ts$/,
  /^client\/(index|run)\.ts$/,
  /^client\/(cli|demo)\//,
  /^client\/services\/run-as-program\.ts$/,
  /^client\/dashboard\/vite\.config\.ts$/,
  /^(bench|test|scripts)\//,
]
const NAMELESS = /^(utils?|helpers?|managers?|lib|misc|stuff)$|-(utils?|helpers?|manager)$/

function places(of: readonly SourceFile[], isBreach: (tokens: readonly Token[], index: number) => boolean): string[] {
  return of.flatMap((file) => file.tokens.flatMap((token, index) => (isBreach(file.tokens, index) ? `${file.path}:${token.line}` : [])))
}

const text = (tokens: readonly Token[], index: number) => tokens[index]?.text
const isWord = (tokens: readonly Token[], index: number, ...words: string[]) => tokens[index]?.type === 'word' && words.includes(text(tokens, index) ?? '')

/** `export default` and `export { x as default }`. */
function isDefaultExport(tokens: readonly Token[], index: number): boolean {
  if (!isWord(tokens, index, 'default')) return false
  return isWord(tokens, index - 1, 'export') || (isWord(tokens, index - 1, 'as') && ['}', ','].includes(text(tokens, index + 1) ?? ''))
}

/** What a type stands behind; a word between tags does not. */
const BEFORE_TYPE = new Set([':', '<', '>', '|', '&', '=', ',', '(', '[', 'as', 'is', 'extends', 'keyof', 'satisfies', 'readonly'])

/** The type, not a property or a method of that name. */
function isAny(tokens: readonly Token[], index: number): boolean {
  if (!isWord(tokens, index, 'any')) return false
  const after = text(tokens, index + 1) ?? ''
  return BEFORE_TYPE.has(text(tokens, index - 1) ?? '') && !['(', ':', '?'].includes(after)
}

function isProcessState(tokens: readonly Token[], index: number): boolean {
  if (!isWord(tokens, index, 'process') || text(tokens, index - 1) === '.') return false
  const member = text(tokens, index + 1) === '.' || text(tokens, index + 1) === '[' ? text(tokens, index + 2) : undefined
  return ['env', 'exit', 'exitCode', 'argv', 'abort'].includes(member ?? '')
}

describe('the files', () => {
  it('are found', () => {
    expect(files.length).toBeGreaterThan(50)
  })

  it('are named after a concept, in kebab case', () => {
    const names = files.map((file) => [file.path, posix.basename(file.path).replace(/(\.test|\.setup|\.config)?\.tsx?$/, '')] as const)
    expect(names.filter(([, name]) => !/^[a-z0-9]+(-[a-z0-9]+)*$/.test(name) || NAMELESS.test(name)).map(([path]) => path)).toEqual([])
  })

  it('have at most 400 lines, tests at most 600', () => {
    const isTest = (path: string) => path.startsWith('test/')
    expect(files.filter(({ path, lines }) => lines > (isTest(path) ? 600 : 400)).map(({ path, lines }) => `${path}: ${lines} lines`)).toEqual([])
  })

  it('export by name, never by default', () => {
    const others = files.filter(({ path }) => !path.endsWith('.config.ts'))
    expect(places(others, isDefaultExport)).toEqual([])
  })

  it('know the type of everything: no any', () => {
    expect(places(files, isAny)).toEqual([])
  })

  it('leave the environment, the arguments and the exit status to the entries', () => {
    const others = files.filter((file) => !ENTRIES.some((entry) => entry.test(file.path)))
    expect(others.length).toBeGreaterThan(30)
    expect(places(others, isProcessState)).toEqual([])
  })

  it('do not import the environment from node:process either', () => {
    const others = files.filter((file) => !ENTRIES.some((entry) => entry.test(file.path)))
    expect(others.filter((file) => file.imports.some(({ specifier }) => /^(node:)?process$/.test(specifier))).map((file) => file.path)).toEqual([])
  })
})

describe('the rules for files', () => {
  const count = (source: string, rule: typeof isAny) => places([parseSource('x.ts', source)], rule).length

  it('see a default export in both forms, and no default import', () => {
    expect(count('export default class {}', isDefaultExport)).toBe(1)
    expect(count('export { a as default }', isDefaultExport)).toBe(1)
    expect(count("import { default as a } from 'a'; switch (a) { default: b() }; const x = { default: 1 }", isDefaultExport)).toBe(0)
  })

  it('see any as a type, not as a name', () => {
    expect(count('let a: any; let b: any[]; f<any>(c as any)', isAny)).toBe(4)
    expect(count("Promise.any([]); type T = { any: string; any?: 1 }; const a = 'any' // any", isAny)).toBe(0)
  })

  it('see what belongs to the process', () => {
    expect(count("process.env['A']; process.exit(1); process['env']", isProcessState)).toBe(3)
    expect(count('process.pid; this.process.env; process.on(1)', isProcessState)).toBe(0)
  })
})
