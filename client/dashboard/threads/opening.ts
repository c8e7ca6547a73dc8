/** What a new thread is to be, but for its words. */
export interface Opening {
  readonly kind: 'ask' | 'notify'
  /** An address; empty until it is given. */
  readonly to: string
  /** Where the address may mean several. */
  readonly select: 'one' | 'all'
  readonly priority: 'normal' | 'urgent' | 'low'
  /** One of `DEADLINES`, or `at`. */
  readonly deadline: string
  /** With `at`: a time in this zone, as a browser's field has it. */
  readonly at: string
}

/** How long an ask may have, as the daemon reads it, and how that is said. The day is what it gets unasked. */
export const DEADLINES = [
  ['15m', '15 minutes'],
  ['1h', 'an hour'],
  ['4h', '4 hours'],
  ['24h', 'a day'],
  ['72h', '3 days'],
  ['168h', 'a week'],
] as const

/** What an address of the page asks for: `/threads/new?to=…&kind=notify`. */
export function openingOf({ to = '', kind }: Readonly<Record<string, string>>): Opening {
  return { kind: kind === 'notify' ? 'notify' : 'ask', to, select: to.startsWith('role:') ? 'one' : 'all', priority: 'normal', deadline: '24h', at: '' }
}

export function deadlineOf({ deadline, at }: Opening): { readonly deadline: string } | { readonly deadlineAt: string } {
  return deadline === 'at' ? { deadlineAt: new Date(at).toISOString() } : { deadline }
}
