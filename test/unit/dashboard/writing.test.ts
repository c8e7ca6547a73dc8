import { describe, expect, it } from 'vitest'
import { addressOf, choicesOf, isSelector, matching } from '../../../client/dashboard/parts/addresses.ts'
import { parse } from '../../../client/dashboard/parts/parse.ts'
import { deadlineOf, openingOf } from '../../../client/dashboard/threads/opening.ts'
import { shownBy, urlOf } from '../../../client/dashboard/threads/view.ts'
import { partOf, type Thread } from '../../../client/dashboard/threads/words.ts'

const peer = (name: string, part: Partial<Parameters<typeof choicesOf>[0][number]> = {}) => ({
  id: `peer_k7qm2x${name.length}`,
  name,
  circle: 'main',
  role: 'agent' as const,
  capabilities: [],
  description: '',
  ...part,
})

describe('whom one can write to', () => {
  it('is peers, whoever leads, circles and what peers are able to do', () => {
    const crew = [peer('backend', { capabilities: ['sql'] }), peer('lead', { role: 'orchestrator', circle: 'north' }), peer('eye', { role: 'observer' })]
    expect(choicesOf(crew, false).map(({ address }) => address)).toEqual([
      'backend',
      'lead@north',
      'role:orchestrator@north',
      'circle:main',
      'circle:north',
      'cap:sql',
    ])
    expect(choicesOf(crew, true).map(({ address }) => address)).toEqual(['backend', 'lead@north'])
    expect(['backend', 'lead@north', 'role:agent', 'cap:sql', 'circle:main'].map(isSelector)).toEqual([false, false, true, true, true])
    expect(addressOf({ name: 'lead', circle: 'north' })).toBe('lead@north')
  })

  it('finds by address or description, what begins so first', () => {
    const choices = choicesOf([peer('frontend', { description: 'the back of the front' }), peer('backend')], true)
    expect(matching(choices, 'BACK').map(({ address }) => address)).toEqual(['backend', 'frontend'])
    expect(matching(choices, 'nobody')).toEqual([])
  })
})

describe('what stands in an address', () => {
  it('is read and written the same', () => {
    for (const url of ['/threads', '/threads/thr_k7qm2x1?show=mine', '/threads?peer=lead%40north&open=1']) {
      const { pathname, searchParams } = new URL(url, 'http://x')
      expect(urlOf(pathname.split('/')[2], shownBy(Object.fromEntries(searchParams)))).toBe(url)
    }
    expect(shownBy({ show: 'nonsense', open: 'yes' })).toEqual({ show: 'all', peer: '', open: false })
    expect(openingOf({ to: 'role:orchestrator', kind: 'notify' })).toMatchObject({ kind: 'notify', select: 'one' })
    expect(deadlineOf({ ...openingOf({}), deadline: '4h' })).toEqual({ deadline: '4h' })
    expect(deadlineOf({ ...openingOf({}), deadline: 'at', at: '2026-01-31T09:00' })).toEqual({ deadlineAt: new Date(2026, 0, 31, 9).toISOString() })
  })
})

describe('what somebody is in a thread', () => {
  const [one, other] = [peer('one'), peer('other')]
  const thread = (part: Partial<Thread>): Thread => ({ kind: 'ask', from: one, to: other, ...part }) as Thread

  it('follows from who opened it and whom it went to', () => {
    expect(partOf(thread({}), one.id)).toBe('asker')
    expect(partOf(thread({}), other.id)).toBe('asked')
    expect(partOf(thread({ kind: 'notify' }), other.id)).toBe('told')
    expect(partOf(thread({}), 'peer_k7qm2x9')).toBe('reader')
    expect(partOf(thread({ to: null }), undefined)).toBe('reader')
  })
})

describe('Markdown', () => {
  it('is parsed as on forges, and ends its lines where its writer did', () => {
    const kinds = parse('# Head\n\nOne\ntwo\n\n- [x] done\n\n|a|\n|-|\n|b|')
      ?.map(({ type }) => type)
      .filter((type) => type !== 'space')
    expect(kinds).toEqual(['heading', 'paragraph', 'list', 'table'])
    expect(JSON.stringify(parse('One\ntwo'))).toContain('"br"')
  })

  it('is left as it is where parsing it would take a stack or a square of time', () => {
    const tangled = ['>'.repeat(17), '- '.repeat(3_000), '1. '.repeat(16), `${' '.repeat(60)}- deep`, 'a'.repeat(2_000), 'x '.repeat(10_001)]
    for (const text of tangled) expect(parse(text), text.slice(0, 20)).toBeUndefined()
    expect(parse('> > > quoted thrice')).toBeDefined()
    expect(parse(`word ${'a'.repeat(1_999)}`)).toBeDefined()
  })
})
