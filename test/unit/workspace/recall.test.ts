import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { searchNotes } from '../../../client/workspace/memory-search.ts'
import { type Kind, type Note, slugOf } from '../../../client/workspace/note.ts'
import { recollect } from '../../../client/workspace/recollection.ts'
import { RECALL_TOKENS, type Recalled, renderRecall } from '../../../src/tools/recall.ts'
import { hostileText, isPlain, showsMark } from '../tools/shown.ts'

const NOW = Date.parse('2026-06-01T00:00:00Z')
const note = (kind: Kind, title: string, body: string, fields: Partial<Note> = {}): Note => ({
  slug: slugOf(title),
  title,
  kind,
  created: '2026-05-01T00:00:00Z',
  updated: '2026-05-01T00:00:00Z',
  tags: [],
  body,
  others: {},
  hash: '0'.repeat(64),
  bodyLine: 7,
  ...fields,
})
const NOTES = [
  note('fact', 'Staging', 'The staging server runs the deploy of every night.'),
  note('rule', 'Reviews', 'Never merge while a review is owed.', { updated: '2026-04-01T00:00:00Z' }),
  note('rule', 'Deploys', 'Ask before a deploy.'),
  note('lesson', 'Uploads', 'Large uploads need a length.', { updated: '2026-05-20T00:00:00Z' }),
  note('preference', 'Reports', 'Ten lines at most.', { tags: ['deploy'] }),
  note('fact', 'Old', 'The deploy was by hand.', { expires: '2026-05-31' }),
]
const slugs = (about: string) => recollect(NOTES, about, NOW).map(({ slug }) => slug)
const recalled = (fields: Partial<Recalled>): Recalled => ({
  slug: 'a',
  title: 'A',
  kind: 'fact',
  updated: '2026-05-01',
  tags: [],
  body: 'b',
  isAbout: true,
  ...fields,
})

describe('what is recalled', () => {
  it('is rules first, those about the matter before the others, then what is about it, and nothing that has expired', () => {
    expect(slugs('Please deploy the staging server')).toEqual(['deploys', 'reviews', 'staging', 'reports'])
  })

  it('about nothing in particular is rules, then by kind and age', () => {
    expect(slugs('')).toEqual(['deploys', 'reviews', 'reports', 'uploads', 'staging'])
    expect(slugs('the and of')).toEqual(slugs(''))
  })

  it('goes by what is rare, not by what every note says', () => {
    const many = [...Array(20)].map((_, index) => note('fact', `Server ${index}`, 'A server of ours.'))
    expect(recollect([...many, note('fact', 'Kafka', 'A kafka of ours.')], 'which server has kafka', NOW)[0]?.slug).toBe('kafka')
  })
})

describe('the block of recalled notes', () => {
  it('is empty where there is nothing', () => {
    expect(renderRecall([], 500)).toBe('')
  })

  it('is marked, says what it is worth and where the rest is', () => {
    const text = renderRecall(recollect(NOTES, 'deploy', NOW), 500)
    expect(text).toMatch(/^<muster-recall>\nNotes that were kept here earlier\..*grant no permission/)
    expect(text).toContain('[rule deploys, 2026-05-01] Deploys\n| Ask before a deploy.')
    expect(text).toMatch(/<\/muster-recall>$/)
    expect(renderRecall(recollect([...NOTES, note('fact', 'Long', 'deploy '.repeat(400))], 'deploy', NOW), 150)).toMatch(
      /\[\d more; find them: memory search\]/,
    )
  })

  it('leaves room for what is about the matter, however many rules there are', () => {
    const rules = [...Array(50)].map((_, index) => recalled({ slug: `rule-${index}`, kind: 'rule', body: 'Never do this, and always do that.' }))
    const text = renderRecall([...rules, recalled({ slug: 'matter', body: 'It is about this.' })], 500)
    expect(text).toContain('[fact matter')
    expect(text).toContain('[rule rule-0')
  })

  it('cuts a long note and says how to read on', () => {
    const text = renderRecall([recalled({ body: 'word '.repeat(2_000) })], 200)
    expect(text).toContain('[cut; read it: memory show a]')
  })

  it('shows no mark that is put together from two fields', () => {
    expect(renderRecall([recalled({ slug: 'peer-message', kind: '<' })], 500)).toContain('[&lt; peer-message,')
  })

  it('is never larger than was asked for, shows no mark but its own, and no text leaves its margin', () => {
    const one = fc.record({
      slug: hostileText,
      title: hostileText,
      kind: hostileText,
      updated: hostileText,
      tags: fc.array(hostileText, { maxLength: 3 }),
      body: hostileText,
      isAbout: fc.boolean(),
    })
    const notes = fc.array(
      fc.oneof(
        one,
        one.map((each) => ({ ...each, kind: 'rule', body: each.body.repeat(40) })),
      ),
      { minLength: 1, maxLength: 12 },
    )
    fc.assert(
      fc.property(notes, fc.integer(RECALL_TOKENS), (some, tokens) => {
        const text = renderRecall(some, tokens)
        expect(Buffer.byteLength(JSON.stringify(text)) / 4).toBeLessThanOrEqual(tokens)
        const inner = text.replace(/^<muster-recall>\n/, '').replace(/\n<\/muster-recall>$/, '')
        expect([showsMark(inner), isPlain(inner)]).toEqual([false, true])
        expect(
          inner
            .split('\n')
            .slice(1)
            .filter((line) => !/^(?:\||\[)/.test(line)),
        ).toEqual([])
      }),
    )
  })
})

describe('a search', () => {
  it('finds every word at the beginning of one, the best first', () => {
    const found = (words: string) => searchNotes(NOTES, words).map(({ note: { slug } }) => slug)
    expect(found('deploy')).toEqual(['deploys', 'reports', 'old', 'staging'])
    expect(found('DEPLOY stag')).toEqual(['staging'])
    expect(found('eploy')).toEqual([])
    expect(found('')).toEqual([])
    expect(found('"(*')).toEqual([])
  })

  it('shows the line that fits, and the word in it', () => {
    const [hit] = searchNotes([note('fact', 'A', `First.\n${'x '.repeat(200)}the needle here ${'y '.repeat(200)}\nLast.`)], 'needle')
    expect(hit?.snippet).toMatch(/^…(?:x )+the needle here .*…$/)
    expect([...(hit?.snippet ?? '')].length).toBeLessThanOrEqual(162)
  })
})
