import type { Command } from './command.ts'
import { type Flag, GLOBAL_FLAGS } from './flags.ts'
import { COMMANDS } from './registry.ts'
import { wrap } from './text.ts'

export interface HelpStyle {
  readonly bold: (text: string) => string
  readonly columns: number
}

const INDENT = '  '
/** Flags that need more room than this have their meaning on the next line. */
const MAX_FLAG_CHARS = 28

/** What `muster help` prints. */
export function mainHelp({ bold, columns }: HelpStyle): string {
  const names = Object.keys(COMMANDS)
  const width = Math.max(...names.map((name) => name.length))
  const groups = [...new Set(Object.values(COMMANDS).map(({ group }) => group))]
  const sections = groups.map((group) => {
    const rows = names.filter((name) => COMMANDS[name]?.group === group).map((name) => `${INDENT}${name.padEnd(width)}  ${COMMANDS[name]?.summary}`)
    return [bold(group), ...rows].join('\n')
  })
  const everywhere = { ...GLOBAL_FLAGS, version: { type: 'boolean', summary: 'The version of this program' } } as const
  return [
    'muster: peers that ask and answer each other, and nothing accepted is lost.',
    ...sections,
    [bold('Everywhere'), ...flagLines(everywhere, columns)].join('\n'),
    [bold('Begin with'), '  muster up', '  muster peers', '  muster ask <peer> "what is the state of the build?"'].join('\n'),
    wrap('muster alone says what needs attention; muster <command> --help says more about a command.', columns).join('\n'),
  ].join('\n\n')
}

/** What `muster <command> --help` prints. */
export function commandHelp(command: Command, { bold, columns }: HelpStyle): string {
  const flags = Object.keys(command.flags).length > 0 ? [[bold('Flags'), ...flagLines(withTakers(command), columns)].join('\n')] : []
  return [
    [bold('Use'), ...command.usage.flatMap((line) => wrap(`muster ${line}`, columns, INDENT, `${INDENT}${INDENT}`))].join('\n'),
    wrap(command.about.join(' '), columns).join('\n'),
    ...flags,
    [bold('Everywhere'), ...flagLines(GLOBAL_FLAGS, columns)].join('\n'),
    [bold('Examples'), ...exampleLines(command.examples, columns)].join('\n'),
  ].join('\n\n')
}

/** The words of a command that take a flag; none where it has only one thing to do. */
export function takersOf({ actions = {} }: Command, flag: string): string[] {
  return Object.keys(actions).filter((word) => Object.hasOwn(actions[word]?.flags ?? {}, flag))
}

function withTakers(command: Command): Readonly<Record<string, Flag>> {
  const entries = Object.entries(command.flags).map(([name, flag]) => {
    const takers = takersOf(command, name)
    return [name, takers.length === 0 ? flag : { ...flag, summary: `${flag.summary} (${takers.join(', ')})` }] as const
  })
  return Object.fromEntries(entries)
}

/** A line to copy with its meaning behind it, or above where that does not fit. */
function exampleLines(examples: Command['examples'], columns: number): string[] {
  const width = Math.max(...examples.map(([line]) => line.length))
  const fits = examples.every(([, meaning]) => INDENT.length + width + meaning.length + 4 <= columns)
  if (fits) return examples.map(([line, meaning]) => `${INDENT}${line.padEnd(width)}  # ${meaning}`)
  return examples.flatMap(([line, meaning]) => [`${INDENT}# ${meaning}`, `${INDENT}${line}`])
}

function flagLines(flags: Readonly<Record<string, Flag>>, columns: number): string[] {
  const heads = Object.entries(flags).map(([name, { short, value }]) => `${short ? `-${short}, ` : ''}--${name}${value ? ` <${value}>` : ''}`)
  const width = Math.min(Math.max(...heads.map((head) => head.length)), MAX_FLAG_CHARS)
  const hang = ' '.repeat(INDENT.length + width + 2)
  return Object.values(flags).flatMap(({ summary }, index) => {
    const head = heads[index] ?? ''
    if (head.length > width) return [INDENT + head, ...wrap(summary, columns, hang, hang)]
    return wrap(summary, columns, `${INDENT}${head.padEnd(width)}  `, hang)
  })
}
