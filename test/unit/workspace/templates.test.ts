import { describe, expect, it } from 'vitest'
import { shippedSkills } from '../../../client/skills/library.ts'
import { fillIn, LINKS, templatesFor } from '../../../client/workspace/templates.ts'
import { PRECEDENCE } from '../../../src/tools/precedence.ts'
import { namedIn, profileOf } from '../../support/named-things.ts'

const templates = templatesFor({ orchestrator: 'boss', circle: 'main', person: 'Eva' })
const skills = (await shippedSkills()).map(({ name }) => name)
const textOf = (path: string) => templates.find((template) => template.path === path)?.text ?? ''
/** Words of these files alone: states of a project, files of a workspace that Muster writes, fields of a note. */
const OWN_WORDS =
  /`(?:main|2026-04-30|idea|ready|review|blocked|done|dropped|created|updated|source|expires|tags|<title>\.md|\.forgotten\/|\.claude\/skills|\.agents\/skills\/?)`/g
/** Every session of an orchestrator reads it. */
const MAX_AGENTS_TOKENS = 1_500

describe('the templates of a workspace', () => {
  it('are those that it has, and none forgets to fill in a name', () => {
    expect(templates.map(({ path }) => path)).toEqual([
      'AGENTS.md',
      'CLAUDE.md',
      'comms.md',
      'projects.md',
      'memory/README.md',
      'personas/neutral/SOUL.md',
      '.muster.json',
    ])
    for (const { path, text } of templates) expect(text, path).not.toMatch(/\{\{|\}\}/)
    expect(() => fillIn('{{nobody}}', { orchestrator: 'a', circle: 'b', person: 'c' })).toThrow(/got nobody/)
    expect(() => fillIn('{{constructor}}', { orchestrator: 'a', circle: 'b', person: 'c' })).toThrow(/got constructor/)
    expect(JSON.parse(textOf('.muster.json'))).toEqual({ name: 'boss' })
    expect(templates.map(({ path }) => path)).toContain(LINKS['SOUL.md'])
  })

  it.each(templates)('$path names only commands and tools that there are, as they are called', ({ text }) => {
    expect(namedIn(text.replace(/^```markdown\n[\s\S]*?^```$/gm, '').replace(OWN_WORDS, ''), skills).wrong).toEqual([])
  })

  it('tell an orchestrator of what it has to know, and of no tool that its profile lacks', () => {
    const text = textOf('AGENTS.md')
    const { tools } = namedIn(text, skills)
    expect(tools).toEqual(expect.arrayContaining(['boot', 'inbox', 'threads', 'peers', 'ask', 'fan', 'schedule', 'reply', 'trace', 'memory', 'search']))
    expect(profileOf(tools)).toBe('orchestrator')
    expect(text).toContain(PRECEDENCE)
    expect(text).toMatch(/^# You are boss/)
    expect(Buffer.byteLength(text) / 4).toBeLessThan(MAX_AGENTS_TOKENS)
  })

  it('show a note that could be one', async () => {
    const { parseNote } = await import('../../../client/workspace/note-file.ts')
    const example = /^```markdown\n([\s\S]*?)^```$/m.exec(textOf('memory/README.md'))?.[1] ?? ''
    expect(parseNote('reviews-before-merges', example)).toMatchObject({
      kind: 'rule',
      source: 'Eva',
      tags: ['review'],
      body: 'Never merge while a review is owed.',
    })
  })
})
