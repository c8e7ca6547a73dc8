import { describe, expect, it } from 'vitest'
import { findGoals, type Goal } from '../../../client/dashboard/shell/goals.ts'

const goals: readonly Goal[] = [
  { name: 'Threads', kind: 'place' },
  { name: 'Crew', kind: 'place' },
  { name: 'red-threader', kind: 'agent', words: 'main' },
  { name: 'outhread', kind: 'agent', words: 'lab' },
]
const found = (query: string): string[] => findGoals(goals, query).map(({ name }) => name)

describe('finding where to go', () => {
  it('shows all while nothing is typed', () => {
    expect(found(' ')).toEqual(['Threads', 'Crew', 'red-threader', 'outhread'])
  })

  it('has what begins so first, then what has a word that does, then the rest', () => {
    expect(found('THREAD')).toEqual(['Threads', 'red-threader', 'outhread'])
  })

  it('wants all words, in any order, also those of the kind and the circle', () => {
    expect(found('agent thread')).toEqual(['red-threader', 'outhread'])
    expect(found('thread lab')).toEqual(['outhread'])
    expect(found('thread crew')).toEqual([])
  })
})
