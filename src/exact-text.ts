/** All that is not seen, or looks like a blank and is none: controls but tab and newline, marks of direction, joiners, fillers, variations, halves of characters. */
const UNSEEN = /[^\P{Cc}\t\n]|[\p{Cf}\p{Zl}\p{Zp}\p{Surrogate}\p{Default_Ignorable_Code_Point}\u2800]|(?! )\p{Zs}/gu

/**
 * Text of which every character counts, such as what somebody is to approve: what could not be seen stands there as JSON spells it. That no two texts look the
 * same it cannot promise, since letters of different scripts do.
 */
export function exactText(text: string): string {
  return text.replace(UNSEEN, (char) => Array.from({ length: char.length }, (_, at) => `\\u${char.charCodeAt(at).toString(16).padStart(4, '0')}`).join(''))
}
