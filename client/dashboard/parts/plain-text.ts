/** Characters that change the direction of what follows, or hide: they can make a text read as another (Unicode TR 36, section 3). */
const DECEIVING = /[\u202a-\u202e\u2066-\u2069\u200b\u2060\ufeff]|[\u{e0000}-\u{e007f}]/gu
/** Control characters but tab and line feed. */
const CONTROL = /[^\P{Cc}\t\n]/gu

/** The text with what could not be seen in it shown as a sign. */
export function visible(text: string): string {
  return text.replace(/\r\n?/g, '\n').replace(DECEIVING, '␣').replace(CONTROL, '␣')
}
