import { exactText } from '../../../src/exact-text.ts'
import type { Output } from '../../browser.ts'
import { MusterError } from '../../browser.ts'

export type Card = Output<'decisions.get'>['card']
export type Letter = Card['recommendation']['option']
export type CardState = Card['state']

const clock = new Intl.DateTimeFormat(undefined, { hour: '2-digit', minute: '2-digit', second: '2-digit' })

/** What each state is called, and how good that is. */
export const STATES = {
  waiting: { word: 'Waiting', tone: 'warn' },
  answered: { word: 'Answered', tone: 'good' },
  approved: { word: 'Approved', tone: 'good' },
  denied: { word: 'Denied', tone: 'bad' },
  revised: { word: 'Revised', tone: 'info' },
  withdrawn: { word: 'Withdrawn', tone: 'plain' },
  expired: { word: 'Default taken', tone: 'warn' },
  superseded: { word: 'Superseded', tone: 'plain' },
} as const satisfies Record<CardState, { readonly word: string; readonly tone: string }>

const WAYS = {
  resolved: '',
  letter: 'by a letter on its thread',
  default: 'since nobody decided in time',
  withdrawn: '',
  superseded: 'a newer card of the same topic took its place',
  settled: 'what it asked about was settled otherwise',
  retired: 'whoever asked has retired',
} as const

/** How it came to its end, where that says more than its state. */
export function wayOf(how: string): string {
  return WAYS[how as keyof typeof WAYS] ?? ''
}

/** What a daemon says that asks by itself, as the one who waits. */
export const SOURCES: Readonly<Record<string, string>> = {
  dead_letters: 'Undelivered messages',
  parked_pair: 'Two peers that kept each other busy',
  failed_schedule: 'A schedule that failed',
}

/** The letter and the text of what was chosen; `undefined` where nothing was. */
export function chosenOf({ option, options }: Pick<Card, 'option' | 'options'>): string | undefined {
  const found = options.find(({ letter }) => letter === option)
  return found && `${found.letter.toUpperCase()}: ${found.text}`
}

/** What whoever comes second is told: what was decided, by whom, when and how. `undefined` where the error is another. */
export function decidedBefore(error: unknown): string | undefined {
  if (!(error instanceof MusterError) || error.code !== 'already_closed') return undefined
  const { state, option, by, device, at, how } = error.details as Readonly<Record<string, unknown>>
  const word = STATES[String(state) as CardState]?.word ?? String(state)
  const who = by === null || by === undefined ? 'the daemon' : String((by as { readonly name?: unknown }).name)
  const parts = [
    `${word}${typeof option === 'string' ? ` (${option.toUpperCase()})` : ''} by ${who}${typeof device === 'string' ? ` on ${device}` : ''}`,
    typeof at === 'string' ? `at ${clock.format(Date.parse(at))}` : '',
    wayOf(String(how)),
  ]
  return `It was decided before: ${parts.filter((part) => part !== '').join(', ')}.`
}

/** A value as one reads it: a text as it is, anything else as JSON; what cannot be seen in it is spelled out. */
export function shownValue(value: unknown): string {
  return exactText(typeof value === 'string' ? value : (JSON.stringify(value) ?? 'undefined'))
}

/** The letter that a key means on a card with so many options. */
export function letterOf(key: string, options: Card['options']): Letter | undefined {
  return options.find(({ letter }) => letter === key.toLowerCase())?.letter
}

/** The arguments that a lease holds fixed: those of the card whose names are kept. `undefined` where that is all: then there must be no others. */
export function scopeOf(given: Readonly<Record<string, unknown>>, kept: ReadonlySet<string>): Record<string, unknown> | undefined {
  if (Object.keys(given).every((name) => kept.has(name))) return undefined
  return Object.fromEntries(Object.entries(given).filter(([name]) => kept.has(name)))
}
