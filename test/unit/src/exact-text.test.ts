import { expect, it } from 'vitest'
import { exactText } from '../../../src/exact-text.ts'

it.each(['rm -rf "/tmp/a b"', 'Ünïcödé, 漢字, עברית, 👤', 'two\nlines\tand a tab'])('leaves %j as it is', (text) => expect(exactText(text)).toBe(text))

it.each([
  ['overrides and marks of direction', 'a\u202eb\u2066c\u200fd\u061ce', 'a\\u202eb\\u2066c\\u200fd\\u061ce'],
  ['what joins, and what has no width', 'a\u200bb\u200cc\u200dd\u2060e\ufefff', 'a\\u200bb\\u200cc\\u200dd\\u2060e\\ufefff'],
  ['hyphens and fillers that are not shown', 'a\u00adb\u3164c\u115fd\u180ee\u2800f', 'a\\u00adb\\u3164c\\u115fd\\u180ee\\u2800f'],
  ['variations and tags', 'a\ufe0fb\u{e0041}c\u{e0101}', 'a\\ufe0fb\\udb40\\udc41c\\udb40\\udd01'],
  ['blanks that are no blank', 'a\u00a0b\u2003c\u3000d\u2028e', 'a\\u00a0b\\u2003c\\u3000d\\u2028e'],
  ['controls, and half of a character', 'a\u0000b\u001b[2Jc\u0085d\ud800e\rf', 'a\\u0000b\\u001b[2Jc\\u0085d\\ud800e\\u000df'],
])('spells out %s', (_what, text, shown) => expect(exactText(text)).toBe(shown))
