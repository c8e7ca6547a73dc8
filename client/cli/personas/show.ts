import type { FoundPersona } from '../../personas/library.ts'
import type { Output } from '../output.ts'
import { safeLine, safeText } from '../text.ts'

/** A persona for a program. */
export function personaDocument(persona: FoundPersona, active: FoundPersona | undefined): Readonly<Record<string, unknown>> {
  const { name, source, path, counts, read } = persona
  const about = 'problems' in read ? { problems: read.problems } : { ...read.fields, problems: [] }
  return { ...about, name, source, path, counts, active: isActive(persona, active) }
}

export function showPersonas(out: Output, personas: readonly FoundPersona[], active: FoundPersona | undefined): void {
  const shown = personas.filter(({ counts }) => counts)
  out.table(
    ['PERSONA', 'FROM', 'USE', 'WHAT IT IS GOOD FOR'],
    shown.map((persona) => [persona.name, sourceOf(persona, personas), useOf(persona, active), aboutOf(persona)]),
  )
}

/** Where it comes from, and whether one that it stands in front of says something else. */
function sourceOf({ name, source, text }: FoundPersona, personas: readonly FoundPersona[]): string {
  const other = personas.find((each) => each.name === name && !each.counts && each.text !== text)
  return other === undefined ? source : `${source}, not as ${other.source}`
}

export function showPersona(out: Output, persona: FoundPersona, active: FoundPersona | undefined): void {
  const { name, source, path, read, text } = persona
  if ('problems' in read) {
    out.fields([...head(persona, active)])
    for (const problem of read.problems) out.problem(`${path}: ${problem}`)
    out.body(safeText(text))
    return
  }
  const { title, description, version, voice, does = [], refuses = [] } = read.fields
  out.fields([
    ['persona', title === undefined ? name : `${name}: ${title}`],
    ['from', `${source}, ${path}`],
    ['use', useOf(persona, active)],
    ...(version === undefined ? [] : ([['version', version]] as const)),
    ['for', description],
    ...(voice === undefined ? [] : ([['voice', voice]] as const)),
    ...does.map((each) => ['does', each] as const),
    ...refuses.map((each) => ['refuses', each] as const),
  ])
  out.line()
  out.body(safeText(read.body.replace(/^\s*\n/, '')))
}

function head({ name, source, path }: FoundPersona, active: FoundPersona | undefined): readonly (readonly [string, string])[] {
  return [
    ['persona', name],
    ['from', `${source}, ${path}`],
    ['use', active?.path === path ? 'in use' : '-'],
  ]
}

function useOf(persona: FoundPersona, active: FoundPersona | undefined): string {
  if (isActive(persona, active)) return 'in use'
  return persona.counts ? '' : 'shadowed'
}

function isActive({ path }: FoundPersona, active: FoundPersona | undefined): boolean {
  return active?.path === path
}

function aboutOf({ read }: FoundPersona): string {
  return 'problems' in read ? `not valid: ${safeLine(read.problems[0] ?? '')}` : read.fields.description
}
