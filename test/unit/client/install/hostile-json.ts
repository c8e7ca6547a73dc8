import * as fc from 'fast-check'

/** How one file is written. */
interface Style {
  readonly eol: string
  readonly comments: boolean
  readonly trailingCommas: boolean
}

const style: fc.Arbitrary<Style> = fc.record({ eol: fc.constantFrom('\n', '\r\n', '\r'), comments: fc.boolean(), trailingCommas: fc.boolean() })

/** Keys that an installation looks for, and some that trip up who copies objects. */
const KEYS = ['hooks', 'mcpServers', 'mcp', 'muster', 'Stop', 'SessionStart', '__proto__', 'constructor', '', 'a"\\b', '// no', 'é\u2028\ud83d\ude00']
const key = fc.oneof(fc.constantFrom(...KEYS), fc.string({ maxLength: 8 }))
const STRINGS = ['', 'x', '/* no */', '// no', '{"hooks":', '\u0000\u001b[31m', 'muster', '\ud800', 'echo hook claude start', 'a\r\nb', ',', ']}']
const scalar = fc.oneof(
  fc.constantFrom('null', 'true', 'false', '0', '-1.5e+10', '123456789012345678901234567890'),
  fc.constantFrom(...STRINGS).map((text) => JSON.stringify(text)),
  fc.string({ maxLength: 12 }).map((text) => JSON.stringify(text)),
)

/** What may stand between two tokens. */
const gap = ({ eol, comments }: Style): fc.Arbitrary<string> => {
  const blank = fc.constantFrom('', '', ' ', '\t', eol, `${eol}  `, `${eol}\t\t`, `${eol}${eol}    `)
  if (!comments) return blank
  const comment = fc.constantFrom('/* c */', `/* a${eol}   b */`, `// "hooks": {}, ]}${eol}`, `//${eol}`, '/**/', '/*,*/')
  return fc.tuple(blank, fc.oneof({ weight: 3, arbitrary: fc.constant('') }, { weight: 1, arbitrary: comment }), blank).map((parts) => parts.join(''))
}

/** Texts of containers: their children with arbitrary gaps, and a trailing comma where the style has them. */
function container(of: Style, open: string, close: string, children: fc.Arbitrary<readonly string[]>): fc.Arbitrary<string> {
  return children.chain((texts) =>
    fc.tuple(fc.array(gap(of), { minLength: 2 * texts.length + 2, maxLength: 2 * texts.length + 2 }), fc.boolean()).map(([gaps, comma]) => {
      const parts = texts.map((text, index) => `${gaps[2 * index]}${text}${gaps[2 * index + 1]}`)
      const trailing = of.trailingCommas && comma && texts.length > 0 ? ',' : ''
      return `${open}${parts.join(',')}${trailing}${gaps.at(-1)}${close}`
    }),
  )
}

const member = (of: Style, name: fc.Arbitrary<string>, value: fc.Arbitrary<string>): fc.Arbitrary<string> =>
  fc.tuple(name, gap(of), gap(of), value).map(([word, before, behind, text]) => `${JSON.stringify(word)}${before}:${behind}${text}`)

const objectOf = (of: Style, members: fc.Arbitrary<string>, maxLength = 4): fc.Arbitrary<string> => container(of, '{', '}', fc.array(members, { maxLength }))
const arrayOf = (of: Style, elements: fc.Arbitrary<string>, maxLength = 3): fc.Arbitrary<string> => container(of, '[', ']', fc.array(elements, { maxLength }))

function anything(of: Style, depth: number): fc.Arbitrary<string> {
  if (depth === 0) return scalar
  const inner = fc.oneof({ weight: 2, arbitrary: scalar }, { weight: 1, arbitrary: anything(of, depth - 1) })
  return fc.oneof(scalar, objectOf(of, member(of, key, inner)), arrayOf(of, inner))
}

/** Hooks as somebody else's tools write them, and as nobody should. */
function hooksOf(of: Style): fc.Arbitrary<string> {
  const command = fc.constantFrom('echo hook claude start', 'my-muster-like hook claude start', 'lint', 'muster status', '/x/muster-hook claude')
  const hook = fc.oneof(
    command.chain((text) => objectOf(of, fc.constantFrom('"type": "command"', `"command": ${JSON.stringify(text)}`, '"timeout": 5'))),
    anything(of, 1),
  )
  const group = fc.oneof(objectOf(of, fc.oneof(member(of, fc.constant('hooks'), arrayOf(of, hook)), fc.constant('"matcher": "Bash"')), 2), anything(of, 1))
  const events = fc.constantFrom('Stop', 'SessionStart', 'PreToolUse', 'Other')
  return objectOf(of, member(of, events, arrayOf(of, group)))
}

/** A settings file that parses: any layout, comments, duplicate keys, other people's hooks and servers. */
export const settingsText: fc.Arbitrary<string> = style.chain((of) => {
  const members = fc.oneof(
    member(of, fc.constant('hooks'), hooksOf(of)),
    member(of, fc.constantFrom('mcpServers', 'mcp'), objectOf(of, member(of, fc.constantFrom('other', '__proto__', 'x y'), anything(of, 2)))),
    member(
      of,
      key.filter((name) => !['hooks', 'mcpServers', 'mcp'].includes(name)),
      anything(of, 3),
    ),
  )
  const file = fc.tuple(fc.constantFrom('', '\ufeff'), gap(of), objectOf(of, members, 6), gap(of)).map((parts) => parts.join(''))
  const valueless = fc.tuple(fc.constantFrom('', '\ufeff'), gap(of)).map((parts) => parts.join(''))
  return fc.oneof({ weight: 20, arbitrary: file }, { weight: 1, arbitrary: valueless })
})
