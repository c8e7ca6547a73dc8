/**
 * What would let text read other than it is, or pass for several lines: C0 (without tab and newline) and C1 controls, line
 * separators, bidirectional marks, and what is not shown at all. The joiners and variation selectors of scripts and emoji stay.
 */
// biome-ignore lint/suspicious/noControlCharactersInRegex: finding control characters is this pattern's purpose
const UNSAFE = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u2028\u2029\p{Surrogate}]|(?!\u200c|\u200d|\ufe0e|\ufe0f)\p{Default_Ignorable_Code_Point}/gu

/** Text from elsewhere with every unsafe character as a visible escape; lines and tabs stay. */
export function plainText(text: string): string {
  return text.replace(/\r\n/g, '\n').replace(UNSAFE, visible)
}

/** The same on one line: runs of white space become one blank. */
export function plainLine(text: string): string {
  return plainText(text).replace(/\s+/g, ' ').trim()
}

/**
 * The bytes that one character will take when it is shown: escaped where it is unsafe, with a margin after a newline, and as
 * it stands in JSON, since half of the models see nothing but that.
 */
function shownBytes(char: string): number {
  if (char === '\n') return 4
  if (char === '"' || char === '\\' || char === '\t') return 2
  const point = char.codePointAt(0) ?? 0
  if (point >= 0x20 && point < 0x7f) return 1
  return char.replace(UNSAFE, visible) === char ? utf8Bytes(point) : 12
}

function utf8Bytes(point: number): number {
  if (point < 0x80) return 1
  if (point < 0x800) return 2
  return point < 0x10000 ? 3 : 4
}

/** What a text takes when it is shown, counted up to a limit beyond which it does not matter. */
export function shownLength(text: string, limit: number): number {
  let bytes = 0
  for (const char of text) {
    bytes += shownBytes(char)
    if (bytes >= limit) return limit
  }
  return bytes
}

/** The longest beginning that takes at most so many bytes when it is shown; it splits no character. */
export function clipShown(text: string, maxBytes: number): string {
  let bytes = 0
  let end = 0
  for (const char of text) {
    bytes += shownBytes(char)
    if (bytes > maxBytes) return text.slice(0, end)
    end += char.length
  }
  return text
}

/** At most so many characters on one line, with an ellipsis where something was left out. */
export function clipLine(text: string, maxChars: number): string {
  const chars = [...plainLine(text)]
  return chars.length <= maxChars ? chars.join('') : `${chars.slice(0, maxChars - 1).join('')}…`
}

/** `2026-01-31T09:00Z`: a time to the minute, which is as exactly as a model needs it. */
export function minuteOf(time: string): string {
  return /^\d{4}-\d\d-\d\dT\d\d:\d\d/.test(time) ? `${time.slice(0, 16)}Z` : plainLine(time)
}

function visible(char: string): string {
  const point = char.codePointAt(0) ?? 0
  return point < 0x100 ? `\\x${point.toString(16).padStart(2, '0')}` : `\\u{${point.toString(16)}}`
}
