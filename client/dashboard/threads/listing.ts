import type { Output } from '../../browser.ts'
import { peer } from '../session/connection.ts'
import type { Page } from '../session/pages.ts'
import type { Shown } from './view.ts'

export type Listed = Output<'threads.list'>['threads'][number]

const PAGE = 30
const PREVIEW_CHARS = 200

/** One page of what is shown, the newest first; of asks that wait for this person the oldest, which is the most urgent. */
export async function listThreads({ show, peer: whose, open }: Shown, self: string | undefined, before: string | undefined): Promise<Page<Listed>> {
  if (show === 'owed') return listOwed(before)
  const whom = whose === '' ? undefined : whose
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
