/**
 * What a push message holds, as JSON: the page's service worker shows it and knows nothing else. It is at most {@link PUSH_MAX_BYTES} of UTF-8.
 */
export interface PushPayload {
  readonly v: 1
  /** `card`: one waits for a decision; `mail`: a message; `settled`: what was shown under this tag needs nobody any more; `test`: asked for by `channels.test`. */
  readonly kind: 'card' | 'mail' | 'settled' | 'test'
  /** A notification takes the place of the one that is shown under the same tag. */
  readonly tag: string
  readonly title: string
  readonly body: string
  /** Where a tap leads, as a path of the dashboard: `/cards/dec_…`, `/threads/thr_…`, `/settings`. */
  readonly url: string
  /** Buttons, where the system shows any; there may be fewer than options. `action` is the letter of an option, which the device's own credential resolves. */
  readonly actions: readonly { readonly action: string; readonly title: string }[]
  /** The card, of `card` and `settled`. */
  readonly card: string | null
  readonly urgent: boolean
}

/** What every push service takes, less what its encryption adds (RFC 8291, section 4). */
export const PUSH_MAX_BYTES = 3_993
