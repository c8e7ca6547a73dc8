import { LIMITS } from '../../src/limits.ts'

/** The pattern of `Name` in src/contract/common.ts, which is not loaded here: zod costs more than a whole command. */
const NAME = /^[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?$/
const LIKE_AN_ID = /^[a-z]+_[0-9a-hjkmnp-tv-z]{7,}$/

export function isName(name: string): boolean {
  return name.length <= LIMITS.maxNameChars && NAME.test(name) && !LIKE_AN_ID.test(name)
}

/** `<prefix>-<text>`, with whatever a name may not contain replaced; the prefix alone where nothing is left. */
export function nameFrom(prefix: string, text: string, maxChars: number = LIMITS.maxNameChars): string {
  const rest = text
    .normalize('NFKD')
    .toLowerCase()
    .replace(/[^a-z0-9._-]+/g, '-')
    .replace(/^[^a-z0-9]+/, '')
    .slice(0, maxChars - prefix.length - 1)
    .replace(/[^a-z0-9]+$/, '')
  return rest === '' ? prefix : `${prefix}-${rest}`
}
