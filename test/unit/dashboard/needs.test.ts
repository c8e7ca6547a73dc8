import { describe, expect, it } from 'vitest'
import { isPressing, keepPlaces, type Need, rankNeeds, type Waiting } from '../../../client/dashboard/now/needs.ts'

const NOW = Date.parse('2026-11-21T12:00:00Z')
const at = (minutes: number): string => new Date(NOW + minutes * 60_000).toISOString()

const card = (id: string, more: object = {}) => ({
  card: { id: `dec_${id}`, thread: `thr_${id}`, priority: 'normal', source: 'peer', ...more },
  blocked: 1,
  overdue: false,
  cost: 1,
})
const ask = (id: string, deadlineAt: string | null, priority = 'normal') => ({ thread: { id: `thr_${id}`, deadlineAt, priority }, message: {}, delivery: {} })
const pairing = (id: string, more: object = {}) => ({ id: `prg_${id}`, state: 'redeemed', first: false, expiresAt: at(3), ...more })
const waiting = (more: object): Waiting => ({ cards: [], owed: [], actions: [], pairings: [], dead: { count: 0, more: false }, ...more }) as unknown as Waiting
const keys = (needs: readonly { readonly key: string }[]): string[] => needs.map(({ key }) => key)

describe('what needs a person', () => {
  it('is ranked: who waits at a device, what is urgent, cards as the daemon has them, asks by their deadline', () => {
    const needs = rankNeeds(
      waiting({
        cards: [card('c1'), card('c2', { priority: 'urgent' }), { ...card('c3'), overdue: true }],
        owed: [ask('late', at(600)), ask('never', null), ask('soon', at(30)), ask('u', null, 'urgent'), ask('c1', null)],
        actions: [{ id: 'act_1', expiresAt: at(2) }],
        pairings: [pairing('1')],
        dead: { count: 2, more: false },
      }),
      NOW,
    )
    expect(keys(needs)).toEqual(['prg_1', 'act_1', 'dec_c2', 'dec_c3', 'thr_soon', 'thr_u', 'dead', 'dec_c1', 'thr_late', 'thr_never'])
  })

  it('is nothing that is over, and nothing that somebody else has to do or that a card says already', () => {
    const over = waiting({
      actions: [{ id: 'act_1', expiresAt: at(-1) }],
      pairings: [pairing('1', { expiresAt: at(-1) }), pairing('2', { state: 'open' }), pairing('3', { first: true }), pairing('4', { state: 'paired' })],
      cards: [card('d', { source: 'dead_letters' })],
      dead: { count: 2, more: false },
    })
    expect(keys(rankNeeds(over, NOW))).toEqual(['dec_d'])
  })

  const need = (key: string, pressing = false): Need =>
    ({ kind: 'card', key, queued: { card: { priority: pressing ? 'urgent' : 'normal' }, overdue: false } }) as unknown as Need

  it('keeps its place while somebody looks: what is new comes behind, what is pressing before, a card that is over stays', () => {
    const first = keepPlaces([], [need('dec_1'), need('dec_2'), need('thr_3')], NOW)
    const next = keepPlaces(first, [need('dec_9', true), need('dec_8'), need('dec_2')], NOW)
    expect(next.map(({ key, need: still }) => [key, still !== undefined])).toEqual([
      ['dec_9', true],
      ['dec_1', false],
      ['dec_2', true],
      ['dec_8', true],
    ])
    expect(isPressing(need('dec_9', true), NOW)).toBe(true)
  })
})
