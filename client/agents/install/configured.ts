import { readConfig } from './config-file.ts'
import type { Found } from './editor.ts'
import { CARDS_FLAG } from './hook-content.ts'
import { InstallError } from './install-error.ts'
import { missingFiles } from './muster-command.ts'
import type { Site, Target } from './target.ts'

/**
 * How far a runtime is connected to Muster. `outdated`: by another version or from another place; `dangling`: its entries name a
 * file that is not there; `partial`: some entries are missing; `broken`: a file cannot be read.
 */
export interface Configured {
  readonly state: 'absent' | 'current' | 'outdated' | 'partial' | 'dangling' | 'broken'
  /** In one line. */
  readonly says: string
  readonly found: readonly Found[]
}

/** Looks at the configuration of a runtime, without starting it. */
export async function configuredIn(target: Target, site: Site): Promise<Configured> {
  try {
    const rival = await target.rival(site)
    if (rival) return { state: 'current', says: `through ${rival.what}`, found: [] }
    return judged(await partsOf(target, { ...site, cards: site.cards ?? (await asksPeople(target, site)) }))
  } catch (error) {
    if (!(error instanceof InstallError)) throw error
    return { state: 'broken', says: error.message, found: [] }
  }
}

/** Whether what is installed asks people for permissions. @throws InstallError where a file cannot be read */
export async function asksPeople(target: Target, site: Site): Promise<boolean> {
  const files = await Promise.all(target.editors(site).map(async (editor) => ({ editor, file: await readConfig(editor.path) })))
  const found = await Promise.all(files.map(async ({ editor, file }) => (file ? await editor.find(file.text) : [])))
  return found.flat().some(({ kind, command }) => kind === 'hook' && command.endsWith(` ${CARDS_FLAG}`))
}

interface Part {
  readonly found: readonly Found[]
  readonly isCurrent: boolean
}

function judged(parts: readonly Part[]): Configured {
  const found = parts.flatMap((part) => part.found)
  const missing = [...new Set(found.flatMap(({ command }) => missingFiles(command)))]
  const counted = summary(found)
  if (found.length === 0) return { state: 'absent', says: 'not installed', found }
  if (missing.length > 0) return { state: 'dangling', says: `${counted}; there is no ${missing.join(', ')}`, found }
  if (parts.some((part) => part.found.length === 0)) return { state: 'partial', says: `${counted} only`, found }
  if (parts.some(({ isCurrent }) => !isCurrent)) return { state: 'outdated', says: `${counted}, not as this muster would write them`, found }
  return { state: 'current', says: counted, found }
}

async function partsOf(target: Target, site: Site): Promise<Part[]> {
  const parts: Part[] = []
  const server = target.ownServer?.(site)
  const command = await server?.find()
  if (server) {
    const found: Found[] = command === undefined ? [] : [{ kind: 'server', where: server.path, command }]
    parts.push({ found, isCurrent: found.length > 0 && (await server.state()) === 'current' })
  }
  for (const editor of target.editors(site)) {
    const file = await readConfig(editor.path)
    parts.push({ found: file ? await editor.find(file.text) : [], isCurrent: file !== undefined && (await editor.holds(file.text)) })
  }
  return parts
}

function summary(found: readonly Found[]): string {
  const count = (kind: Found['kind']): number => found.filter((one) => one.kind === kind).length
  const [servers, hooks, plugins] = [count('server'), count('hook'), count('plugin')]
  const words = [servers > 0 ? 'MCP server' : '', hooks > 0 ? `${hooks} hooks` : '', plugins > 0 ? 'plugin' : '']
  return words.filter((word) => word !== '').join(', ')
}
