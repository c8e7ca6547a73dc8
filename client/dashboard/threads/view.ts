/** Which threads the list shows; it stands in the address, so that it can be linked and gone back to. */
export interface Shown {
  readonly show: 'all' | 'mine' | 'owed'
  /** An address; empty for everybody. */
  readonly peer: string
  readonly open: boolean
}

export function shownBy(query: Readonly<Record<string, string>>): Shown {
  const { show, peer = '', open } = query
  return { show: show === 'mine' || show === 'owed' ? show : 'all', peer, open: open === '1' }
}

/** The address of a thread, or of the list, with what the list shows. */
export function urlOf(thread: string | undefined, { show, peer, open }: Shown): string {
  const query = new URLSearchParams({ ...(show !== 'all' && { show }), ...(peer !== '' && { peer }), ...(open && { open: '1' }) }).toString()
  return `/threads${thread === undefined ? '' : `/${thread}`}${query === '' ? '' : `?${query}`}`
}
