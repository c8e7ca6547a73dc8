import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { shippedFolder } from '../content/shipped.ts'
import { PERSONA_FILE, type Persona, readPersona } from './persona.ts'

/** Where a persona comes from, the one that counts first. */
export const PERSONA_SOURCES = ['workspace', 'user', 'shipped'] as const
export type PersonaSource = (typeof PERSONA_SOURCES)[number]

/** A folder with a SOUL.md. */
export interface FoundPersona {
  readonly name: string
  readonly source: PersonaSource
  /** Of its SOUL.md. */
  readonly path: string
  readonly text: string
  readonly read: Persona | { readonly problems: readonly string[] }
  /** It counts; of others with its name, which stand behind it, this is not true. */
  readonly counts: boolean
}

/** Where personas are looked for. */
export interface PersonaFolders {
  readonly workspace: string | undefined
  /** That of this user. */
  readonly user: string
}

/** The folder of personas in a workspace. */
export const PERSONAS_FOLDER = 'personas'

/** All personas there are, by name; of one name the one that counts first. */
export async function findPersonas({ workspace, user }: PersonaFolders): Promise<readonly FoundPersona[]> {
  const roots: Readonly<Record<PersonaSource, string | undefined>> = {
    workspace: workspace === undefined ? undefined : join(workspace, PERSONAS_FOLDER),
    user,
    shipped: shippedFolder('personas'),
  }
  const found = await Promise.all(PERSONA_SOURCES.map(async (source) => await personasIn(source, roots[source])))
  const taken = new Set<string>()
  const ranked = found.flat().map((persona) => {
    const counts = !taken.has(persona.name)
    taken.add(persona.name)
    return { ...persona, counts }
  })
  return ranked.sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0))
}

async function personasIn(source: PersonaSource, root: string | undefined): Promise<Omit<FoundPersona, 'counts'>[]> {
  if (root === undefined) return []
  const entries = await readdir(root, { withFileTypes: true }).catch(() => [])
  const folders = entries.filter((entry) => !entry.isFile() && !entry.name.startsWith('.')).map(({ name }) => name)
  const found = await Promise.all(
    folders.map(async (name) => {
      const path = join(root, name, PERSONA_FILE)
      const text = await readFile(path, 'utf8').catch(() => undefined)
      return text === undefined ? [] : [{ name, source, path, text, read: readPersona(name, text) }]
    }),
  )
  return found.flat()
}
