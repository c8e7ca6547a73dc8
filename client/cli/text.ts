/**
 * What a terminal would act on, or what would make text read other than it is: C0 (without tab and newline) and C1 controls,
 * DEL, line and paragraph separators, bidirectional marks and overrides, tag characters.
 */
// biome-ignore lint/suspicious/noControlCharactersInRegex: finding control characters is this pattern's purpose
const UNSAFE = /\r(?!\n)|[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]|[\u{e0000}-\u{e007f}]/gu
/** JSON escapes C0 itself; the rest would reach the terminal as it is. */
const UNSAFE_IN_JSON = /[\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]|[\u{e0000}-\u{e007f}]/gu

/** Text from elsewhere made safe to print: each unsafe character becomes a visible escape, lines stay lines. */
export function safeText(text: string): string {
  return text.replace(UNSAFE, visible)
}

/** The same on one line: runs of white space become one blank. */
export function safeLine(text: string): string {
  return safeText(text.replace(/\s+/g, ' ').trim())
}

/** JSON on one line that prints nothing a terminal would act on and parses to exactly the value. */
export function safeJson(value: unknown): string {
  return JSON.stringify(value).replace(UNSAFE_IN_JSON, (char) =>
    Array.from({ length: char.length }, (_, index) => `\\u${char.charCodeAt(index).toString(16).padStart(4, '0')}`).join(''),
  )
}

const BYTE_UNITS = ['B', 'kB', 'MB', 'GB', 'TB']

/** At most so many characters, with an ellipsis where something was left out. */
export function clip(text: string, maxChars: number): string {
  if (text.length <= maxChars) return text
  const chars = [...text]
  return chars.length <= maxChars ? text : `${chars.slice(0, Math.max(0, maxChars - 1)).join('')}…`
}

/** `3.2 MB`, in powers of 1,000 as disks are sold. */
export function byteSize(bytes: number): string {
  const power = Math.min(Math.floor(Math.log10(Math.max(bytes, 1)) / 3), BYTE_UNITS.length - 1)
  const value = bytes / 1_000 ** power
  return `${power === 0 || value >= 100 ? Math.round(value) : value.toFixed(1)} ${BYTE_UNITS[power]}`
}

/** Text set in lines of at most so many characters. A word that is longer stands on a line of its own. */
export function wrap(text: string, columns: number, first = '', others = ''): string[] {
  const lines: string[] = []
  let line = first
  let isEmpty = true
  for (const word of text.split(/\s+/)) {
    if (!isEmpty && line.length + 1 + word.length > columns) {
      lines.push(line)
      line = others
      isEmpty = true
    }
    line += isEmpty ? word : ` ${word}`
    isEmpty = false
  }
  return [...lines, line]
}

export function plural(count: number, one: string, many = `${one}s`): string {
  return `${count} ${count === 1 ? one : many}`
}

function visible(char: string): string {
  const point = char.codePointAt(0) ?? 0
  return point < 0x100 ? `\\x${point.toString(16).padStart(2, '0')}` : `\\u{${point.toString(16)}}`
}
