import type { Output } from '../../browser.ts'
import { peer } from '../session/connection.ts'
import type { Page } from '../session/pages.ts'

export type Listed = Output<'threads.list'>['threads'][number]

/** Which threads the list shows; it stands in the address, so that it can be linked and gone back to. */
export interface Shown {
  readonly show: 'all' | 'mine' | 'owed'
  /** An address; empty for everybody. */
  readonly peer: string
  readonly open: boolean
}

const PAGE = 30
const PREVIEW_CHARS = 200

export function shownBy(query: Readonly<Record<string, string>>): Shown {
  const { show, peer = '', open } = query
  return { show: show === 'mine' || show === 'owed' ? show : 'all', peer, open: open === '1' }
}

/** The address of a thread, or of the list, with what the list shows. */
export function urlOf(thread: string | undefined, { show, peer, open }: Shown): string {
  const query = new URLSearchParams({ ...(show !== 'all' && { show }), ...(peer !== '' && { peer }), ...(open && { open: '1' }) }).toString()
  return `/threads${thread === undefined ? '' : `/${thread}`}${query === '' ? '' : `?${query}`}`
}

/** One page of what is shown, the newest first; of asks that wait for this person the oldest, which is the most urgent. */
export async function listThreads({ show, peer: with_, open }: Shown, self: string | undefined, before: string | undefined): Promise<Page<Listed>> {
  if (show === 'owed') return listOwed(before)
  const whom = with_ === '' ? undefined : with_
  const input = {
    side: 'visible' as const,
    preview: true,
    limit: PAGE,
    ...(open && { state: 'open' as const }),
    ...(before !== undefined && { before }),
    ...(whom !== undefined ? { peer: whom } : show === 'mine' && self !== undefined && { peer: self }),
  }
  const { threads, before: next } = await peer().call('threads.list', input)
  const isMine = ({ from, to }: Listed): boolean => from?.id === self || to?.id === self
  return { items: show === 'mine' && whom !== undefined ? threads.filter(isMine) : threads, before: next }
}

async function listOwed(after: string | undefined): Promise<Page<Listed>> {
  const { owed, after: next } = await peer().call('threads.owed', { limit: PAGE, ...(after !== undefined && { after }) })
  const items = owed.map(({ thread, message }) => {
    const opening = { message: message.id, kind: message.kind, from: message.from, at: message.at, text: message.body.slice(0, PREVIEW_CHARS) }
    return { ...thread, preview: { messages: 1, first: opening, latest: opening } }
  })
  return { items, before: next }
}
