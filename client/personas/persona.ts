import * as z from 'zod'
import { FrontMatterError, readFrontMatter } from '../content/front-matter.ts'
import { schemaProblems } from '../content/schema-problems.ts'

export const PERSONA_FILE = 'SOUL.md'
/** Every session that uses it pays for all of it. */
export const MAX_PERSONA_BYTES = 16_384

/** How a persona may be called: it is the name of a folder. */
const NAME = /^[a-z0-9]+(?:-[a-z0-9]+)*$/
const line = (max: number) => {
  const expected = `must be one line of 1 to ${max} characters`
  return z.string(expected).refine((value) => value.trim() !== '' && [...value].length <= max && !/[\r\n]/.test(value), expected)
}
const expectedList = 'must be a list of 1 to 12 lines'

/** The front matter of a SOUL.md. What else stands in it is a person's and stays. */
export const PersonaFields = z.looseObject({
  /** That of its folder. */
  name: line(64).regex(NAME, 'must consist of a-z, 0-9 and single hyphens between them'),
  title: line(60).optional(),
  /** What it is good for, and when to choose it. */
  description: line(300),
  version: line(20).optional(),
  /** How it sounds, in a few words. */
  voice: line(200).optional(),
  does: z.array(line(200), expectedList).min(1, expectedList).max(12, expectedList).optional(),
  refuses: z.array(line(200), expectedList).min(1, expectedList).max(12, expectedList).optional(),
})
export type PersonaFields = z.output<typeof PersonaFields>

/** A SOUL.md that is as it should be. */
export interface Persona {
  readonly fields: PersonaFields
  /** The text behind the front matter. */
  readonly body: string
}

/** Reads a SOUL.md; what is wrong with it, a sentence each, in place of it. `folder` is the name of the folder that it is in. */
export function readPersona(folder: string, text: string): Persona | { readonly problems: readonly string[] } {
  const bytes = Buffer.byteLength(text)
  if (bytes > MAX_PERSONA_BYTES)
    return { problems: [`it has ${bytes.toLocaleString('en')} bytes; at most ${MAX_PERSONA_BYTES.toLocaleString('en')} are accepted`] }
  try {
    const { data, body } = readFrontMatter(text)
    const problems = [
      ...schemaProblems(PersonaFields, data),
      ...misnamed(folder, data['name']),
      ...(body.trim() === '' ? ['it has no text behind its front matter'] : []),
    ]
    return problems.length > 0 ? { problems } : { fields: PersonaFields.parse(data), body }
  } catch (error) {
    if (error instanceof FrontMatterError) return { problems: [error.message] }
    throw error
  }
}

function misnamed(folder: string, name: unknown): string[] {
  if (typeof name !== 'string' || name === folder) return []
  return [`"name" is ${JSON.stringify(name)}, and its folder is called ${JSON.stringify(folder)}: they must be the same`]
}
