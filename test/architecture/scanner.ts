/**
 * Reads TypeScript just well enough for the rules of this folder: words, punctuation and the text of strings, with comments
 * left out. The compiler offers no such reading to programs (TypeScript 7 has no JavaScript API).
 */
export interface Token {
  readonly type: 'word' | 'punctuation' | 'string' | 'regex'
  /** For a string its text without quotes; a template's parts are strings, what it embeds are tokens of its own. */
  readonly text: string
  readonly line: number
}

export interface Import {
  readonly specifier: string
  /** Erased by the compiler: `import type …` or every name marked `type`. */
  readonly typeOnly: boolean
  /** `import()`: not before that line runs. */
  readonly later?: true
  readonly line: number
}

const WORD = /[A-Za-z_$#@\u0080-\uffff][\w$\u0080-\uffff]*/y
const NUMBER = /\d[\w.]*/y
const BLANK = /\s+|\/\/[^\n]*|\/\*[\s\S]*?\*\//y
const QUOTED = /'(?:[^'\\\n]|\\[\s\S])*'|"(?:[^"\\\n]|\\[\s\S])*"/y
const REGEX = /\/(?![*/])(?:[^\\/[\n]|\\.|\[(?:[^\]\\\n]|\\.)*\])+\/[a-z]*/y
const TEMPLATE_PART = /(?:[^`\\$]|\\[\s\S]|\$(?!\{))*/y
/** After one of these a slash begins a regular expression; after anything else that is a value, it divides. */
const BEFORE_VALUE = new Set(['return', 'typeof', 'case', 'in', 'of', 'delete', 'void', 'throw', 'new', 'else', 'do', 'await', 'yield'])

/**
 * `jsx`: what stands between tags is read as words and signs, and a quotation mark without another in its line is an apostrophe.
 *
 * @throws Error where a string, a comment or a template does not end: then the scanner, not the file, is wrong
 */
export function scan(source: string, { jsx = false } = {}): Token[] {
  return new Scanner(source, jsx).run()
}

class Scanner {
  readonly #source: string
  readonly #jsx: boolean
  readonly #tokens: Token[] = []
  #position = 0
  #line = 1
  /** For each template that is being read, the braces open inside its `${`. */
  readonly #templates: number[] = []

  constructor(source: string, jsx: boolean) {
    this.#source = source
    this.#jsx = jsx
    this.#position = source.startsWith('#!') ? source.indexOf('\n') : 0
  }

  run(): Token[] {
    while (this.#position < this.#source.length) this.#step()
    if (this.#templates.length > 0) throw new Error('A template does not end')
    return this.#tokens
  }

  #step(): void {
    const blank = this.#take(BLANK)
    if (blank !== undefined) {
      this.#line += countLines(blank)
      return
    }
    if (this.#value()) return
    this.#punctuation(this.#source[this.#position] as string)
  }

  #value(): boolean {
    const quoted = this.#take(QUOTED)
    const word = quoted === undefined ? (this.#take(WORD) ?? this.#take(NUMBER)) : undefined
    const regex = quoted === undefined && word === undefined && valueExpected(this.#tokens.at(-1)) ? this.#take(REGEX) : undefined
    if (quoted !== undefined) this.#add('string', quoted.slice(1, -1), quoted)
    else if (word !== undefined) this.#add('word', word)
    else if (regex !== undefined) this.#add('regex', regex)
    return (quoted ?? word ?? regex) !== undefined
  }

  #punctuation(char: string): void {
    if (!this.#jsx && (char === "'" || char === '"')) throw new Error(`Line ${this.#line}: a string does not end`)
    this.#position += 1
    const depth = this.#templates.at(-1)
    if (char === '`') this.#templatePart()
    else if (char === '}' && depth === 0) {
      this.#templates.pop()
      this.#templatePart()
    } else {
      if (depth !== undefined && '{}'.includes(char)) this.#templates[this.#templates.length - 1] = depth + (char === '{' ? 1 : -1)
      this.#add('punctuation', char)
    }
  }

  /** The text up to the end of the template or to the next thing that it embeds. */
  #templatePart(): void {
    this.#add('string', this.#take(TEMPLATE_PART) ?? '')
    if (this.#source.startsWith('${', this.#position)) {
      this.#position += 2
      this.#templates.push(0)
    } else if (this.#source[this.#position] === '`') this.#position += 1
    else throw new Error(`Line ${this.#line}: a template does not end`)
  }

  #take(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.#position
    const text = pattern.exec(this.#source)?.[0]
    if (text !== undefined) this.#position += text.length
    return text
  }

  #add(type: Token['type'], text: string, raw = text): void {
    this.#tokens.push({ type, text, line: this.#line })
    this.#line += countLines(raw)
  }
}

function countLines(text: string): number {
  return text.split('\n').length - 1
}

function valueExpected(previous: Token | undefined): boolean {
  if (!previous) return true
  if (previous.type === 'word') return BEFORE_VALUE.has(previous.text)
  return previous.type === 'punctuation' && !')]}'.includes(previous.text)
}

/** Every `import` and `export … from` of a file, the dynamic ones included. */
export function importsOf(tokens: readonly Token[]): Import[] {
  return tokens.flatMap((token, index) => {
    if (token.type !== 'word' || tokens[index - 1]?.text === '.') return []
    if (token.text === 'import') return statement(tokens, index) ?? dynamic(tokens, index) ?? []
    return token.text === 'export' && reExports(tokens, index) ? (statement(tokens, index) ?? []) : []
  })
}

function reExports(tokens: readonly Token[], index: number): boolean {
  const next = tokens[index + 1]?.text
  const second = tokens[index + 2]?.text
  return next === '{' || next === '*' || (next === 'type' && (second === '{' || second === '*'))
}

/** `import 'x'`, `import … from 'x'`, `export … from 'x'`. */
function statement(tokens: readonly Token[], index: number): Import | undefined {
  const first = tokens[index + 1]
  const line = tokens[index]?.line ?? 0
  if (first?.type === 'string') return { specifier: first.text, typeOnly: false, line }
  let at = index + 1
  while (at < tokens.length && isClause(tokens[at] as Token)) at += 1
  const specifier = tokens[at]
  if (specifier?.type !== 'string' || tokens[at - 1]?.text !== 'from') return undefined
  return { specifier: specifier.text, typeOnly: first?.text === 'type' || onlyTypes(tokens.slice(index + 1, at - 1)), line }
}

function isClause(token: Token): boolean {
  return token.type === 'word' || (token.type === 'punctuation' && '{},*'.includes(token.text))
}

/** `{ type A, type B }`. A default or a namespace beside them is a value. */
function onlyTypes(clause: readonly Token[]): boolean {
  if (clause[0]?.text !== '{' || clause.length < 3) return false
  return clause.every(
    (token, at) => at === clause.length - 1 || (token.text !== '{' && token.text !== ',') || [',', '}', 'type'].includes(clause[at + 1]?.text ?? ''),
  )
}

/** `import('x')` at run time, or in a type, which cannot be told apart here and counts as a value. */
function dynamic(tokens: readonly Token[], index: number): Import | undefined {
  const specifier = tokens[index + 2]
  if (tokens[index + 1]?.text !== '(' || specifier?.type !== 'string') return undefined
  return { specifier: specifier.text, typeOnly: false, later: true, line: tokens[index]?.line ?? 0 }
}
