import { existsSync, readFileSync } from 'node:fs'
import { isBuiltin } from 'node:module'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { findCycle, type ResolvedImport, ROOT, reachable, readSources, type SourceFile } from './project.ts'

const files = readSources('src', 'daemon', 'client', 'bench', 'test', 'scripts')
const inside = (folder: string) => files.filter((file) => file.path.startsWith(`${folder}/`))
/** Free of zod, so that the SDK may load them. */
const ZOD_FREE = [
  'src/errors.ts',
  'src/muster-error.ts',
  'src/ids.ts',
  'src/limits.ts',
  'src/time.ts',
  'src/rpc.ts',
  'src/paths.ts',
  'src/settings.ts',
  'src/forges.ts',
  'src/dashboard-files.ts',
  'src/references.ts',
  'src/channel-settings.ts',
  'src/push-payload.ts',
]
const SDK = inside('client').filter((file) => file.path.split('/').length === 2)

/** `file:line imports specifier` for every import that breaks the rule. */
function breaches(of: readonly SourceFile[], isBreach: (found: ResolvedImport, file: SourceFile) => boolean): string[] {
  return of.flatMap((file) => file.imports.filter((found) => isBreach(found, file)).map((found) => `${file.path}:${found.line} imports ${found.specifier}`))
}

const goesTo =
  (...folders: string[]) =>
  ({ target }: ResolvedImport) =>
    target !== undefined && folders.some((folder) => target.startsWith(`${folder}/`))

describe('the layers', () => {
  it('are looked at on the files that there are', () => {
    expect(inside('src').length).toBeGreaterThan(10)
    expect(inside('daemon').length).toBeGreaterThan(10)
    expect(inside('client').length).toBeGreaterThan(10)
    expect(SDK.length).toBeGreaterThan(5)
    for (const path of ZOD_FREE) expect(files.map((file) => file.path)).toContain(path)
  })

  it('resolve every relative import to a file of this project, spelled with its extension', () => {
    const known = new Set(files.map((file) => file.path))
    const isBreach = ({ target }: ResolvedImport) => target !== undefined && !known.has(target) && !(target.endsWith('.css') && existsSync(join(ROOT, target)))
    expect(breaches([...inside('src'), ...inside('daemon'), ...inside('client')], isBreach)).toEqual([])
  })

  it('src imports zod and itself only', () => {
    expect(breaches(inside('src'), ({ specifier, target }) => (target ? !target.startsWith('src/') : specifier !== 'zod'))).toEqual([])
  })

  it('the vocabulary of src is free of zod, through all that it imports', () => {
    for (const path of ZOD_FREE) expect([...reachable(path, files).packages.keys()], path).toEqual([])
  })

  it('the daemon never imports the client, nor the client the daemon', () => {
    expect(breaches(inside('daemon'), goesTo('client', 'test', 'bench', 'scripts'))).toEqual([])
    expect(breaches(inside('client'), goesTo('daemon', 'test', 'bench', 'scripts'))).toEqual([])
  })

  it('the SDK imports src by type or from its zod-free files only', () => {
    const isBreach = ({ target, typeOnly }: ResolvedImport) => target?.startsWith('src/') === true && !typeOnly && !ZOD_FREE.includes(target)
    expect(breaches(SDK, isBreach)).toEqual([])
  })

  it('the SDK needs nothing but ws in Node', () => {
    const packages = [...reachable('client/index.ts', files).packages.keys()].filter((specifier) => !isBuiltin(specifier))
    expect(packages).toEqual(['ws'])
  })

  it('the SDK does not reach into the programs built on it', () => {
    const programs = [...new Set(inside('client').map((file) => file.path.split('/')))].filter((parts) => parts.length > 2).map((parts) => `client/${parts[1]}`)
    expect(breaches(SDK, goesTo(...programs))).toEqual([])
  })

  it('the browser loads no built-in of Node and no ws, through all that it imports', () => {
    const { files: loaded, packages } = reachable('client/browser.ts', files)
    expect(loaded.size).toBeGreaterThan(1)
    expect([...loaded].filter((path) => path.startsWith('src/')).sort()).toEqual(['src/error-statuses.ts', 'src/muster-error.ts', 'src/rpc.ts'])
    expect([...packages].map(([specifier, path]) => `${path} imports ${specifier}`)).toEqual([])
  })

  it('the daemon listens before it loads the contract, a schema, a tool or a door', () => {
    const { files: loaded, packages } = reachable('daemon/bin.ts', files, { atOnce: true })
    expect([...loaded].filter((path) => /^daemon\/(threads|schedules)\/index\.ts$/.test(path))).toHaveLength(2)
    expect([...packages.keys()].filter((specifier) => !isBuiltin(specifier)).sort()).toEqual(['better-sqlite3', 'croner', 'fastify', 'jsonc-parser', 'pino'])
    const contract = [...loaded].filter((path) => /^src\/(contract|tools)\//.test(path))
    expect(contract.sort()).toEqual(['src/contract/revision.ts', 'src/tools/tool.ts'])
  })

  it('every entry of the package has its source', () => {
    const { bin, exports } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as { bin: Record<string, string>; exports: object }
    const built = [...JSON.stringify([bin, exports]).matchAll(/"\.\/?(dist\/[^"]+?)(?:\.d\.ts|\.js)"|"(dist\/[^"]+?)\.js"/g)].map(
      (match) => match[1] ?? match[2],
    )
    expect(built.length).toBeGreaterThan(4)
    const sources = built.map((path) => `${path?.replace('dist/', '')}.ts`)
    expect(sources.filter((path) => !files.some((file) => file.path === path))).toEqual([])
  })

  it('have no cycle, between folders not even of types', () => {
    expect(findCycle(files)).toBeUndefined()
  })
})

/** Each may import those of the lines above its own. */
const ORDER = [
  ['store'],
  ['peers'],
  ['artifacts', 'pairing'],
  ['threads'],
  ['events'],
  ['sessions', 'ingress'],
  ['schedules'],
  ['reviews', 'decisions'],
  ['channels', 'orchestrators'],
  ['watchdogs', 'board'],
  ['digest'],
  ['work'],
  ['plans', 'workflows'],
  ['backups', 'services'],
  ['node'],
  ['scans'],
  ['gateway'],
]
const rankOf = (domain: string) => ORDER.findIndex((rank) => rank.includes(domain))
const domainOf = (path: string) => (path.startsWith('daemon/') && path.split('/').length > 2 ? path.split('/')[1] : undefined)

describe('the domains of the daemon', () => {
  it('are all known to the order', () => {
    const domains = new Set(inside('daemon').flatMap((file) => domainOf(file.path) ?? []))
    expect(domains).toContain('threads')
    expect([...domains].filter((domain) => rankOf(domain) < 0)).toEqual([])
  })

  it('depend one way', () => {
    const isBreach = ({ target }: ResolvedImport, file: SourceFile) => {
      const from = domainOf(file.path)
      const to = target && domainOf(target)
      return Boolean(from && to && from !== to && rankOf(from) <= rankOf(to))
    }
    expect(breaches(inside('daemon'), isBreach)).toEqual([])
  })

  it('run another through its index, where it has one; the store is open to all', () => {
    const hasIndex = (domain: string) => files.some((file) => file.path === `daemon/${domain}/index.ts`)
    const isBreach = ({ target, typeOnly }: ResolvedImport, file: SourceFile) => {
      const from = domainOf(file.path)
      const to = target && domainOf(target)
      return Boolean(from && to && from !== to && !typeOnly && to !== 'store' && hasIndex(to) && target !== `daemon/${to}/index.ts`)
    }
    expect(breaches(inside('daemon'), isBreach)).toEqual([])
  })

  it('are put together by main, which only the process entry imports', () => {
    const isBreach = ({ target }: ResolvedImport, file: SourceFile) =>
      target === 'daemon/bin.ts' || (target === 'daemon/main.ts' && file.path !== 'daemon/bin.ts')
    expect(breaches(inside('daemon'), isBreach)).toEqual([])
  })
})
