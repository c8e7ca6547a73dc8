import { readdirSync, readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { readFrontMatter } from '../../../client/content/front-matter.ts'
import { findPersonas } from '../../../client/personas/library.ts'
import { shippedSkills } from '../../../client/skills/library.ts'
import { PRECEDENCE } from '../../../src/tools/precedence.ts'
import { namedIn, profileOf } from '../../support/named-things.ts'

const skills = await shippedSkills()
const names = skills.map(({ name }) => name)
const personas = (await findPersonas({ workspace: undefined, user: '/nowhere' })).filter(({ source }) => source === 'shipped')
const texts = [
  ...skills.flatMap(({ name, files }) => [...files].map(([path, text]) => [`skills/${name}/${path}`, text] as const)),
  ...personas.map(({ name, text }) => [`personas/${name}/SOUL.md`, text] as const),
]

/** On the safe side of what tokenizers make of English with code: four characters and more. */
const CHARS_PER_TOKEN = 3.5
const MAX_PRIMER_TOKENS = 800
const MAX_SKILL_LINES = 250
const MAX_DESCRIPTION_CHARS = 300
/** Codex shows 8,000 characters of names, paths and descriptions of all skills together. */
const MAX_LISTING_CHARS = 4_500

describe('what is shipped for models', () => {
  it('is there', () => {
    expect(names).toEqual([
      'muster-agent-folders',
      'muster-cleanup',
      'muster-coordination',
      'muster-delegation',
      'muster-divergent-ideation',
      'muster-durable-jobs',
      'muster-handover',
      'muster-memory',
      'muster-mesh',
      'muster-review-cycles',
      'muster-skill-creation',
      'muster-worktree-isolation',
    ])
  })

  it.each(texts)('%s names only commands, actions, flags, tools and skills that there are, and calls them as they are called', (_path, text) => {
    expect(namedIn(text, names).wrong).toEqual([])
  })

  it('names most of the tools of the first two profiles', () => {
    const named = new Set(texts.flatMap(([, text]) => namedIn(text, names).tools))
    expect(
      ['boot', 'peers', 'ask', 'reply', 'notify', 'inbox', 'wait', 'attachment', 'set_description', 'schedule', 'schedules'].filter((name) => !named.has(name)),
    ).toEqual([])
    expect(
      [
        'fan',
        'broadcast',
        'threads',
        'thread',
        'trace',
        'search',
        'why',
        'owed',
        'cancel',
        'pairs',
        'release_pair',
        'memory',
        'orchestrator_status',
        'handover',
        'lead',
        'review_queue',
        'review_assign',
      ].filter((name) => !named.has(name)),
    ).toEqual([])
  })

  it.each(skills)('$name says which profile has its tools, and is short', ({ name, description, files }) => {
    const text = files.get('SKILL.md') ?? ''
    const { metadata } = readFrontMatter(text).data as { metadata: Record<string, string> }
    // A tool that is only an alternative is named with its profile beside it.
    const own = namedIn(text.replace(/`\w+` \(profile `orchestrator`\)/g, ''), names).tools
    expect([name, metadata['muster-profile']]).toEqual([name, profileOf(own) === 'full' ? 'orchestrator' : profileOf(own)])
    expect(text.split('\n').length).toBeLessThan(MAX_SKILL_LINES)
    expect(description.length).toBeLessThanOrEqual(MAX_DESCRIPTION_CHARS)
    expect(description).toMatch(/\bUse (?:when|before|for|at)\b/)
  })

  it('is chosen from descriptions that leave room for those of others', () => {
    const listing = skills.map(({ name, description }) => `${name}: ${description} (.agents/skills/${name}/SKILL.md)`).join('\n')
    expect(listing.length).toBeLessThan(MAX_LISTING_CHARS)
  })

  it('has a primer of less than 800 tokens, all of it counted', () => {
    const primer = skills.find(({ name }) => name === 'muster-mesh')?.files.get('SKILL.md') ?? ''
    const tokens = Math.ceil(primer.length / CHARS_PER_TOKEN)
    console.info(`skills/muster-mesh: ${tokens} tokens (characters / ${CHARS_PER_TOKEN})`)
    expect(primer.length).toBeGreaterThan(1_500)
    expect(tokens).toBeLessThan(MAX_PRIMER_TOKENS)
    expect(primer).toContain(PRECEDENCE)
  })

  it('says nothing of a machine, a registry or unfinished work', () => {
    for (const [path, text] of texts) expect(text, path).not.toMatch(/\/home\/|\/tmp\/|\/Users\/|https?:\/\/(?!agentskills)|\bTODO\b|\bFIXME\b/)
  })

  it('is all that lies in these folders', () => {
    const found = ['skills', 'personas'].flatMap((folder) => readdirSync(new URL(`../../../${folder}`, import.meta.url)).map((name) => `${folder}/${name}`))
    expect(found.sort()).toEqual([...personas.map(({ name }) => `personas/${name}`), ...names.map((name) => `skills/${name}`)].sort())
    expect(readFileSync(new URL('../../../package.json', import.meta.url), 'utf8')).toMatch(
      /"files": \[\s*"dist",\s*"docs",\s*"personas",\s*"plugins",\s*"skills",\s*"templates"\s*\]/,
    )
  })
})

describe('the check of names', () => {
  const wrong = (text: string) => namedIn(text, names).wrong

  it.each([
    ['a command', 'Use `muster frobnicate`.'],
    ['a command in a line', '```sh\nmuster frobnicate\n```'],
    ['an action', 'Use `muster schedule explode`.'],
    ['a flag', 'Use `muster ask --telepathy`.'],
    ['a flag by itself', 'With `--telepathy`.'],
    ["another action's flag", '```sh\nmuster dead show dlv_k7qm2x4 --all\n```'],
    ['a line without what it needs', '```sh\nmuster dead show\n```'],
    ['a tool', 'Call `mind_meld`.'],
    ['a tool in a call', '```tool\nmind_meld {"to":"bob"}\n```'],
    ['an argument', '```tool\nask {"to":"bob","text":"?","telepathy":true}\n```'],
    ['a value', '```tool\nask {"to":"bob","text":"?","priority":"asap"}\n```'],
    ['JSON that is none', '```tool\nask {to: bob}\n```'],
    ['a skill', 'See `muster-telepathy`.'],
    ['a block without a kind', '```\nmuster up\n```'],
  ])('sees %s that there is not', (_what, text) => {
    expect(wrong(text)).toHaveLength(1)
  })

  it('passes over what there is', () => {
    expect(wrong('`muster schedule add`, `ask`, `urgent`, `--deadline 2h`, `muster-mesh`, `src/x.ts`, `how:"more"`')).toEqual([])
    expect(wrong('```sh\nmuster ask bob "Is it green?" --deadline 10m\n```\n```tool\nask {"to":"bob","text":"?"}\n```')).toEqual([])
    expect(namedIn('`ask` and\n```tool\nfan {"to":["a","b"],"text":"?"}\n```', names).tools).toEqual(['fan', 'ask'])
    expect([profileOf(['ask']), profileOf(['ask', 'fan']), profileOf(['retire'])]).toEqual(['default', 'orchestrator', 'full'])
  })
})
