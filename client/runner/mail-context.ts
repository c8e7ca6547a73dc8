import { randomUUID } from 'node:crypto'

/** Codex cuts a piece of context in its middle beyond 1,000 tokens, which it counts as four bytes each. */
const MAX_PIECE_BYTES = 3_900
/** Of the bodies together: no envelope is longer than a piece, with what stands above the first one. */
export const MAX_BODY_BYTES = 2_400
/** Where one message ends; text from elsewhere never stands at the beginning of a line. */
const BEHIND_ENVELOPE = /(?<=^<\/(?:peer-message|person-message|muster-notice)>\n)/m

/**
 * Mail as context of a turn that Codex itself marks as untrusted: its model is shown it as what a tool returned, and not as words
 * of its user. In as many pieces as it takes, each with whole envelopes, in their order.
 */
export function mailContext(text: string): Record<string, { readonly kind: 'untrusted'; readonly name: string; readonly value: string }> {
  const pieces: string[] = []
  for (const part of text.split(BEHIND_ENVELOPE)) {
    const last = pieces.at(-1)
    if (last !== undefined && Buffer.byteLength(last + part) <= MAX_PIECE_BYTES) pieces[pieces.length - 1] = last + part
    else pieces.push(part)
  }
  // Codex leaves out what it has been given before under the same key, and orders by key.
  const key = randomUUID()
  return Object.fromEntries(pieces.map((value, index) => [`${key}-${String(index).padStart(3, '0')}`, { kind: 'untrusted', name: 'muster_mail', value }]))
}
