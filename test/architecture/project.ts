import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join, posix, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type Import, importsOf, scan, type Token } from './scanner.ts'

export const ROOT = dirname(dirname(dirname(fileURLToPath(import.meta.url))))

export interface SourceFile {
  /** From the project's root, with forward slashes. */
  readonly path: string
  readonly lines: number
  readonly tokens: readonly Token[]
  readonly imports: readonly ResolvedImport[]
}

export interface ResolvedImport extends Import {
  /** The file of this project that is meant; absent for packages and built-ins. */
  readonly target?: string
}

/** Every TypeScript file, those with JSX among them, below these folders of the project. */
export function readSources(...folders: string[]): SourceFile[] {
  return folders.flatMap((folder) => walk(join(ROOT, folder))).map((file) => readSource(relative(ROOT, file).replaceAll('\\', '/')))
}

export function parseSource(path: string, text: string): SourceFile {
  const tokens = scan(text, { jsx: path.endsWith('.tsx') })
  const imports = importsOf(tokens).map((found) =>
    found.specifier.startsWith('.') ? { ...found, target: posix.normalize(posix.join(posix.dirname(path), found.specifier)) } : found,
  )
  return { path, lines: text.split('\n').length - (text.endsWith('\n') ? 1 : 0), tokens, imports }
}

function readSource(path: string): SourceFile {
  return parseSource(path, readFileSync(join(ROOT, path), 'utf8'))
}

function walk(folder: string): string[] {
  if (!existsSync(folder)) return []
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && /\.tsx?$/.test(entry.name) && !entry.parentPath.includes('node_modules'))
    .map((entry) => join(entry.parentPath, entry.name))
    .sort()
}

/** What a file needs at run time, itself included: the files of this project and the specifiers of everything else. `atOnce`: without what is loaded later, by `import()`. */
export function reachable(
  entry: string,
  files: readonly SourceFile[],
  { atOnce = false } = {},
): { readonly files: Set<string>; readonly packages: Map<string, string> } {
  const byPath = new Map(files.map((file) => [file.path, file]))
  const seen = new Set<string>()
  const packages = new Map<string, string>()
  const visit = (path: string) => {
    const file = byPath.get(path)
    if (!file || seen.has(path)) return
    seen.add(path)
    for (const { specifier, target, typeOnly, later } of file.imports) {
      if (typeOnly || (later && atOnce)) continue
      if (target) visit(target)
      else packages.set(specifier, path)
    }
  }
  visit(entry)
  return { files: seen, packages }
}

/**
 * One way around a cycle of imports; `undefined` where there is none. Two files of one folder may name each other's types:
 * they are one concept, and nothing is loaded in a circle.
 */
export function findCycle(files: readonly SourceFile[]): string[] | undefined {
  const byPath = new Map(files.map((file) => [file.path, file]))
  const done = new Set<string>()
  const trail: string[] = []
  const visit = (path: string): string[] | undefined => {
    const at = trail.indexOf(path)
    if (at >= 0) return [...trail.slice(at), path]
    if (done.has(path)) return undefined
    trail.push(path)
    for (const target of edgesOf(byPath.get(path))) {
      const cycle = visit(target)
      if (cycle) return cycle
    }
    trail.pop()
    done.add(path)
    return undefined
  }
  for (const { path } of files) {
    const cycle = visit(path)
    if (cycle) return cycle
  }
  return undefined
}

function edgesOf(file: SourceFile | undefined): string[] {
  return (file?.imports ?? []).flatMap(({ target, typeOnly }) => {
    const isNeighbour = target !== undefined && posix.dirname(target) === posix.dirname(file?.path ?? '')
    return target === undefined || (typeOnly && isNeighbour) ? [] : [target]
  })
}
