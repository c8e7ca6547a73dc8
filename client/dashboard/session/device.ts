/** Where the page keeps its half of the device's token; the pairing page writes it. The other half is a cookie that no script can read. */
const STORED = 'muster-device'

/** This device's half of its token; `undefined` where it is not paired. */
export function deviceHalf(): string | undefined {
  return localStorage.getItem(STORED) ?? undefined
}

export function forgetDevice(): void {
  localStorage.removeItem(STORED)
}
