import { describe, expect, it } from 'vitest'
import { bytes } from '../../../client/dashboard/health/bytes.ts'
import { milliseconds } from '../../../client/dashboard/health/milliseconds.ts'
import { areaPath, dotsPath, linePath } from '../../../client/dashboard/health/spark.ts'
import { troublesOf } from '../../../client/dashboard/health/troubles.ts'

describe('bytes', () => {
  it('have one to three digits before the point', () => {
    expect([0, 999, 1_000, 9_949, 999_499, 999_500, 3_400_000, 2e15].map(bytes)).toEqual([
      '0 B',
      '999 B',
      '1.0 kB',
      '9.9 kB',
      '999 kB',
      '1.0 MB',
      '3.4 MB',
      '2000 TB',
    ])
  })
})

describe('milliseconds', () => {
  it('are told in the largest unit of which there is one', () => {
    expect([0, 999, 1_000, 1_400, 59_900, 720_000, 5_400_000].map(milliseconds)).toEqual(['0 ms', '999 ms', '1 s', '1.4 s', '60 s', '12 min', '1.5 h'])
  })
})

describe('a line', () => {
  it('goes from edge to edge, with the largest value at the top', () => {
    expect(linePath([0, 5, 10], 10, 100, 20)).toBe('M0 20L50 10L100 0')
  })

  it('breaks where nothing is known, is a dot in between, and lies at the bottom where all is zero', () => {
    expect([linePath([1, null, 1, 1], 1, 30, 10), dotsPath([1, null, 1, 1], 1, 30, 10)]).toEqual(['M20 0L30 0', 'M0 0L0 0'])
    expect(linePath([0, 0], 0, 10, 10)).toBe('M0 10L10 10')
    expect(linePath([null, null], 1, 10, 10)).toBe('')
    expect(areaPath([null, 1, 0], 1, 20, 10)).toBe('M10 0L20 10L20 10L10 10Z')
    expect(areaPath([], 1, 10, 10)).toBe('')
  })
})

describe('what is wrong with a node', () => {
  const well = {
    readOnly: false,
    deadLetters: 0,
    parkedPairs: 0,
    storage: { databaseBytes: 1, walBytes: 1, freeBytes: null },
    search: { behind: 0, oldestAt: null, failures: 0 },
    services: [],
  }
  const said = (more: object): string[] => troublesOf({ ...well, ...more } as unknown as Parameters<typeof troublesOf>[0])

  it('is nothing where all is well', () => {
    expect(said({})).toEqual([])
  })

  it('is said with what there is to do', () => {
    expect(said({ deadLetters: 1 })).toEqual(['1 message could not be delivered. Replay or discard it.'])
    expect(said({ readOnly: true, storage: { ...well.storage, freeBytes: 0 } })).toEqual(['The disk is full: nothing new is stored until there is room.'])
    expect(said({ services: [{ name: 'observer', state: 'running', failing: 1 }] })).toEqual(['Not working: observer. Run muster doctor to see why.'])
  })
})
