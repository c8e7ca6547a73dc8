import * as z from 'zod'
import { type FrontMatter, FrontMatterError, readFrontMatter } from '../content/front-matter.ts'
import { schemaProblems } from '../content/schema-problems.ts'

/** The Agent Skills specification: https://agentskills.io/specification */
export const SPECIFICATION = 'Agent Skills (agentskills.io/specification)'
export const SKILL_FILE = 'SKILL.md'

const NAME = /^[a-z0-9]+(?:-[a-z0-9]+)*$/
/** What the specification advises for the file as a whole: its lines, and the tokens of its text, here as characters / 4. */
const ADVISED_LINES = 500
const ADVISED_BODY_CHARS = 20_000
const FIELDS = ['name', 'description', 'license', 'compatibility', 'metadata', 'allowed-tools']

const text = (max: number) => {
  const expected = `must be a text of 1 to ${max.toLocaleString('en')} characters`
  return z.string(expected).refine((value) => value.trim() !== '' && [...value].length <= max, expected)
}

const Fields = z.looseObject({
  name: text(64).regex(NAME, 'must consist of a-z, 0-9 and single hyphens between them'),
  description: text(1_024),
  license: z.string('must be a text').optional(),
  compatibility: text(500).optional(),
  metadata: z.record(z.string(), z.string('must be a text; put it in quotes'), 'must be a list of keys with texts').optional(),
  'allowed-tools': z.union([z.string(), z.array(z.string())], 'must be a text, or a list of texts').optional(),
})

/** How a skill stands to the specification. */
export interface Verdict {
  /** What makes it invalid, a sentence each. */
  readonly violations: readonly string[]
  /** What it advises against, or does not know: programs differ in what they make of it. */
  readonly advice: readonly string[]
  /** What could be read of it. */
  readonly description: string | undefined
}

/** Holds a SKILL.md against the specification. `folder` is the name of the folder that it is in. */
export function judgeSkill(folder: string, content: string): Verdict {
  const read = frontMatterOf(content)
  if (typeof read === 'string') return { violations: [read], advice: [], description: undefined }
  const { data, body } = read
  const { name, description } = data
  const misnamed =
    typeof name === 'string' && name !== folder
      ? [`"name" is ${JSON.stringify(name)}, and its folder is called ${JSON.stringify(folder)}: they must be the same`]
      : []
  return {
    violations: [...schemaProblems(Fields, data), ...misnamed],
    advice: [...adviceOnFields(data), ...adviceOnLength(content, body)],
    description: typeof description === 'string' ? description : undefined,
  }
}

function frontMatterOf(content: string): FrontMatter | string {
  try {
    return readFrontMatter(content)
  } catch (error) {
    if (error instanceof FrontMatterError) return error.message
    throw error
  }
}

function adviceOnFields(data: FrontMatter['data']): string[] {
  const unknown = Object.keys(data).filter((key) => !FIELDS.includes(key))
  return unknown.length === 0 ? [] : [`the specification knows no ${unknown.map((key) => JSON.stringify(key)).join(', ')}: a program may leave it out`]
}

function adviceOnLength(content: string, body: string): string[] {
  const lines = content.split('\n').length
  return [
    ...(lines > ADVISED_LINES ? [`it has ${lines} lines, more than the ${ADVISED_LINES} that the specification advises`] : []),
    ...(body.length > ADVISED_BODY_CHARS
      ? [`its text takes about ${Math.round(body.length / 4)} tokens, more than the 5,000 that the specification advises`]
      : []),
  ]
}
