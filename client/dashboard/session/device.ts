import type { PeerRef } from '../../browser.ts'

/** Where the page keeps its half of the device's token; the pairing page writes it. The other half is a cookie that no script can read. */
const STORED = 'muster-device'
const PERSON = 'muster-person'

/** This device's half of its token; `undefined` where it is not paired. */
export function deviceHalf(): string | undefined {
  return localStorage.getItem(STORED) ?? undefined
}

/** The person for whom it spoke last, so that a page without the daemon knows whose words are theirs. */
export function knownPerson(): PeerRef | undefined {
  const kept = localStorage.getItem(PERSON)
  return kept === null ? undefined : (JSON.parse(kept) as PeerRef)
}

export function rememberPerson({ id, name, circle, role }: PeerRef): void {
  localStorage.setItem(PERSON, JSON.stringify({ id, name, circle, role }))
}

export function forgetDevice(): void {
  localStorage.removeItem(STORED)
  localStorage.removeItem(PERSON)
}
