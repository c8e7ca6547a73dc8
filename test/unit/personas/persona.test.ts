import { describe, expect, it } from 'vitest'
import { findPersonas } from '../../../client/personas/library.ts'
import { MAX_PERSONA_BYTES, readPersona } from '../../../client/personas/persona.ts'
import { INSTRUCTIONS } from '../../../src/tools/instructions.ts'
import { PRECEDENCE } from '../../../src/tools/precedence.ts'

const shipped = (await findPersonas({ workspace: undefined, user: '/nowhere' })).filter(({ source }) => source === 'shipped')
const characters = shipped.filter(({ name }) => name !== 'neutral')
const problems = (folder: string, text: string) => {
  const read = readPersona(folder, text)
  return 'problems' in read ? read.problems : []
}
const withFields = (fields: string) => `---\n${fields}\n---\n\n# Text\n`

describe('the shipped personas', () => {
  it('are these', () => {
    expect(shipped.map(({ name }) => name)).toEqual(['chief-of-staff', 'dispatcher', 'mentor', 'neutral', 'night-watch', 'sceptic'])
  })

  it.each(shipped)('$name is valid, and says whose word counts', ({ name, text }) => {
    expect(problems(name, text)).toEqual([])
    expect(text).toContain(PRECEDENCE)
  })

  it.each(characters)('$name says how it sounds, what it does, what it refuses, when it escalates and how it writes', ({ name, text }) => {
    const read = readPersona(name, text)
    if ('problems' in read) throw new Error(read.problems.join())
    const { title, version, voice, does, refuses } = read.fields
    expect([title, version, voice].every((field) => field !== undefined)).toBe(true)
    expect(does?.length).toBeGreaterThanOrEqual(3)
    expect(refuses?.length).toBeGreaterThanOrEqual(3)
    const headings = [...read.body.matchAll(/^## (.+)$/gm)].map(([, heading]) => heading)
    expect(headings).toEqual(['Whose word counts', 'Voice', 'What you do', 'What you refuse', 'When you escalate', 'How you write'])
    // Samples to sound like, not only rules.
    expect(read.body.split('## How you write')[1]?.match(/^```text$/gm)?.length).toBeGreaterThanOrEqual(2)
    expect(text.length).toBeLessThan(5_000)
  })

  it('are told apart by what they are', () => {
    for (const field of ['description', 'voice'] as const) {
      const values = characters.map(({ read }) => ('problems' in read ? undefined : read.fields[field]))
      expect(new Set(values).size).toBe(characters.length)
    }
  })
})

describe('the order of who counts', () => {
  it('stands where every session is told of Muster', () => {
    expect(INSTRUCTIONS).toContain(PRECEDENCE)
  })

  it('is person, orchestrator, SOUL.md, retrieved content', () => {
    const places = ['person', 'orchestrator', 'SOUL.md', 'retrieved'].map((word) => PRECEDENCE.indexOf(word))
    expect(places.every((place, index) => place > (places[index - 1] ?? 0))).toBe(true)
  })
})

describe('a SOUL.md', () => {
  it('needs a name and a description, and may have more', () => {
    expect(problems('plain', withFields('name: plain\ndescription: Plain.'))).toEqual([])
    expect(problems('plain', withFields('name: plain\ndescription: Plain.\nlanguage: de\ndoes: [one]'))).toEqual([])
  })

  it.each([
    ['no name', 'description: x', '"name"'],
    ['a name that no folder should have', 'name: ../plain\ndescription: x', '"name"'],
    ['another name than its folder', 'name: other\ndescription: x', 'its folder'],
    ['no description', 'name: plain', '"description"'],
    ['a description of two lines', 'name: plain\ndescription: "a\\nb"', '"description"'],
    ['a description of 301 characters', `name: plain\ndescription: ${'x'.repeat(301)}`, '"description"'],
    ['a version that is a number', 'name: plain\ndescription: x\nversion: 1.0', '"version"'],
    ['nothing that it does', 'name: plain\ndescription: x\ndoes: []', '"does"'],
    ['refusals that are no list', 'name: plain\ndescription: x\nrefuses: all', '"refuses"'],
  ])('with %s is refused, and the refusal says what it is about', (_what, fields, about) => {
    expect(problems('plain', withFields(fields)).join()).toContain(about)
  })

  it('without a text, without front matter or too long is refused', () => {
    expect(problems('plain', '---\nname: plain\ndescription: x\n---\n\n')).toHaveLength(1)
    expect(problems('plain', 'You are calm.')).toHaveLength(1)
    expect(problems('plain', withFields('name: plain\ndescription: x') + 'x'.repeat(MAX_PERSONA_BYTES))).toHaveLength(1)
  })
})
