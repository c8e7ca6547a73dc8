import { describe, expect, it } from 'vitest'
import { shippedSkills } from '../../../client/skills/library.ts'
import { judgeSkill, SPECIFICATION } from '../../../client/skills/specification.ts'

const skills = await shippedSkills()
const withFields = (fields: string) => `---\n${fields}\n---\n\n# Text\n`
const violations = (folder: string, text: string) => judgeSkill(folder, text).violations

describe(`a skill by the specification of ${SPECIFICATION}`, () => {
  it.each(skills)('$name is valid, and nothing of it is advised against', ({ name, files }) => {
    expect(judgeSkill(name, files.get('SKILL.md') ?? '')).toMatchObject({ violations: [], advice: [] })
  })

  // The examples that the specification itself gives.
  it.each([
    ['pdf-processing', 'name: pdf-processing\ndescription: Extract PDF text, fill forms, merge files. Use when handling PDFs.'],
    ['pdf-processing', 'name: pdf-processing\ndescription: Reads PDFs.\nlicense: Apache-2.0\nmetadata:\n  author: example-org\n  version: "1.0"'],
    ['data-analysis', 'name: data-analysis\ndescription: x\ncompatibility: Requires Python 3.14+ and uv\nallowed-tools: Bash(git:*) Bash(jq:*) Read'],
    ['code-review', 'name: code-review\ndescription: x\nallowed-tools:\n  - Bash(git:*)\n  - Read'],
    ['a', 'name: a\ndescription: x'],
    ['a'.repeat(64), `name: ${'a'.repeat(64)}\ndescription: ${'é'.repeat(1_024)}`],
  ])('%s is accepted', (folder, fields) => {
    expect(violations(folder, withFields(fields))).toEqual([])
  })

  it.each([
    ['an upper-case name', 'PDF-Processing', 'name: PDF-Processing\ndescription: x', '"name"'],
    ['a hyphen in front', '-pdf', 'name: -pdf\ndescription: x', '"name"'],
    ['a hyphen at the end', 'pdf-', 'name: pdf-\ndescription: x', '"name"'],
    ['two hyphens', 'pdf--processing', 'name: pdf--processing\ndescription: x', '"name"'],
    ['a name of 65 characters', 'a'.repeat(65), `name: ${'a'.repeat(65)}\ndescription: x`, '"name"'],
    ['a name that is a number', '123', 'name: 123\ndescription: x', '"name"'],
    ['another name than its folder', 'pdf', 'name: pdfs\ndescription: x', 'its folder'],
    ['no name', 'pdf', 'description: x', '"name"'],
    ['no description', 'pdf', 'name: pdf', '"description"'],
    ['an empty description', 'pdf', 'name: pdf\ndescription: "  "', '"description"'],
    ['a description of 1,025 characters', 'pdf', `name: pdf\ndescription: ${'x'.repeat(1_025)}`, '"description"'],
    ['a compatibility of 501 characters', 'pdf', `name: pdf\ndescription: x\ncompatibility: ${'x'.repeat(501)}`, '"compatibility"'],
    ['an empty compatibility', 'pdf', 'name: pdf\ndescription: x\ncompatibility: ""', '"compatibility"'],
    ['metadata that are no texts', 'pdf', 'name: pdf\ndescription: x\nmetadata:\n  version: 1.0', '"metadata.version"'],
    ['metadata that are a list', 'pdf', 'name: pdf\ndescription: x\nmetadata: [a]', '"metadata"'],
    ['tools that are a number', 'pdf', 'name: pdf\ndescription: x\nallowed-tools: 1', '"allowed-tools"'],
    ['front matter that is no YAML', 'pdf', 'name: pdf\ndescription: a: b', 'line 3 of its front matter'],
    ['a key twice', 'pdf', 'name: pdf\nname: pdf\ndescription: x', 'front matter'],
    ['an alias', 'pdf', 'name: &a pdf\ndescription: *a', 'front matter'],
    ['front matter that is a list', 'pdf', '- name', 'front matter'],
  ])('%s is refused, and the refusal says what it is about', (_what, folder, fields, about) => {
    const found = violations(folder, withFields(fields))
    expect(found).not.toEqual([])
    expect(found[0]).toContain(about)
  })

  it('a text without front matter, or with one that does not end, is refused', () => {
    expect(violations('pdf', '# PDF\n')).toHaveLength(1)
    expect(violations('pdf', '---\nname: pdf\ndescription: x\n')).toHaveLength(1)
    expect(violations('pdf', '\n---\nname: pdf\ndescription: x\n---\n')).toHaveLength(1)
    expect(violations('pdf', '')).toHaveLength(1)
  })

  it('what programs add of their own is advised against, and no fault', () => {
    expect(judgeSkill('pdf', withFields('name: pdf\ndescription: x\nuser-invocable: true'))).toMatchObject({
      violations: [],
      advice: [expect.stringContaining('"user-invocable"')],
    })
    expect(judgeSkill('pdf', `${withFields('name: pdf\ndescription: x')}${'line\n'.repeat(500)}`).advice).toHaveLength(1)
    expect(judgeSkill('pdf', `${withFields('name: pdf\ndescription: x')}${'x'.repeat(20_001)}`).advice).toHaveLength(1)
  })

  it('lines may end as on Windows', () => {
    expect(violations('pdf', withFields('name: pdf\ndescription: x').replaceAll('\n', '\r\n'))).toEqual([])
  })
})
