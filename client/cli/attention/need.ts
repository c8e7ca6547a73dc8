/** Something that waits for somebody, and the command that deals with it. */
export interface Need {
  readonly kind: NeedKind
  /** In a few words, safe to print. */
  readonly says: string
  /** Without the leading `muster`. */
  readonly command: string
  /** The id of the peer whom it is about, where it is about one. */
  readonly peer?: string
  /** Orders those of one kind, the lowest first. */
  readonly at: number
}

/** The most urgent first. */
export const NEED_KINDS = ['read_only', 'card', 'owed_soon', 'expiring', 'dead', 'parked', 'unreachable', 'waiting', 'owed'] as const
export type NeedKind = (typeof NEED_KINDS)[number]

/** Of one kind so many are shown; the rest is a number. */
const SHOWN_OF_A_KIND = 5

export function inOrder(needs: readonly Need[]): Need[] {
  return [...needs].sort((a, b) => NEED_KINDS.indexOf(a.kind) - NEED_KINDS.indexOf(b.kind) || a.at - b.at)
}

/** Needs in order, cut to a few of each kind, and how many were left out. */
export function shortened(needs: readonly Need[]): { readonly shown: readonly Need[]; readonly leftOut: number } {
  const shown = NEED_KINDS.flatMap((kind) => needs.filter((need) => need.kind === kind).slice(0, SHOWN_OF_A_KIND))
  return { shown, leftOut: needs.length - shown.length }
}
