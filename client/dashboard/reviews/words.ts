import type { Output } from '../../browser.ts'

export type Review = Output<'reviews.get'>['review']
export type Entry = Output<'reviews.get'>['history'][number]

export const STATES = {
  owed: { word: 'Needs review', tone: 'warn' },
  reviewed: { word: 'Reviewed', tone: 'good' },
  ended: { word: 'Ended', tone: 'plain' },
} as const satisfies Record<Review['state'], { readonly word: string; readonly tone: string }>

export const VERDICTS = {
  approve: { word: 'Approved', tone: 'good' },
  request_changes: { word: 'Changes requested', tone: 'bad' },
  comment: { word: 'Commented', tone: 'info' },
} as const satisfies Record<NonNullable<Review['verdict']>, { readonly word: string; readonly tone: string }>

export const CHECKS = {
  pending: { word: 'Checks run', tone: 'plain' },
  passing: { word: 'Checks pass', tone: 'good' },
  failing: { word: 'Checks fail', tone: 'bad' },
} as const satisfies Record<NonNullable<Review['checks']>, { readonly word: string; readonly tone: string }>

const HAPPENED: Readonly<Record<Entry['type'], string>> = {
  requested: 'requested a review',
  touched: 'touched it',
  mentioned: 'mentioned it',
  assigned: 'assigned it to',
  unassigned: 'unassigned it',
  head: 'reported a new head',
  owed: 'It needs a review again',
  reviewed: 'reviewed it',
  commented: 'commented',
  observed: 'Its checks changed',
  ended: 'It ended',
  reopened: 'It was reopened',
}

/** What happened to a review, as a sentence goes on behind who did it. */
export function happenedOf({ type, verdict }: Pick<Entry, 'type' | 'verdict'>): string {
  if (type === 'reviewed' && verdict !== null)
    return { approve: 'approved it', request_changes: 'requested changes', comment: 'reviewed it without a verdict' }[verdict]
  return HAPPENED[type] ?? type
}

/** A commit as it is read. */
export function short(sha: string): string {
  return sha.slice(0, 8)
}

/** "3 commits, 5 files, +120 −14": what a new head changed, as far as it is known. */
export function changedOf(changed: Review['changed']): string {
  if (!changed) return ''
  const { commits, files, additions, deletions } = changed
  const count = (number: number | null, one: string): string[] => (number === null ? [] : [`${number} ${number === 1 ? one : `${one}s`}`])
  const lines =
    additions === null && deletions === null ? [] : [[additions === null ? '' : `+${additions}`, deletions === null ? '' : `−${deletions}`].join(' ').trim()]
  return [...count(commits, 'commit'), ...count(files, 'file'), ...lines].join(', ')
}

/** The address of what is to be looked at, where it is one that a browser may open. */
export function linkOf(url: string | null): { readonly href: string; readonly host: string } | undefined {
  if (url === null || !URL.canParse(url)) return undefined
  const { protocol, host, href } = new URL(url)
  return protocol === 'https:' || protocol === 'http:' ? { href, host } : undefined
}
