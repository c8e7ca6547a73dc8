import type { Command } from './command.ts'
import { type Flag, GLOBAL_FLAGS } from './flags.ts'
import { COMMANDS } from './registry.ts'

/** What `muster` alone prints. */
export function mainHelp(bold: (text: string) => string): string {
  const names = Object.keys(COMMANDS)
  const width = Math.max(...names.map((name) => name.length))
  const groups = [...new Set(Object.values(COMMANDS).map(({ group }) => group))]
  const sections = groups.map((group) => {
    const rows = names.filter((name) => COMMANDS[name]?.group === group).map((name) => `  ${name.padEnd(width)}  ${COMMANDS[name]?.summary}`)
    return [bold(group), ...rows].join('\n')
  })
  return [
    'muster: peers that ask and answer each other, and nothing accepted is lost.',
    ...sections,
    [bold('Everywhere'), ...flagLines({ ...GLOBAL_FLAGS, version: { type: 'boolean', summary: 'The version of this program' } })].join('\n'),
    [bold('Begin with'), '  muster up', '  muster peers', '  muster ask <peer> "what is the state of the build?"'].join('\n'),
    'muster <command> --help says more about one of them.',
  ].join('\n\n')
}

/** What `muster <command> --help` prints. */
export function commandHelp(command: Command, bold: (text: string) => string): string {
  const width = Math.max(...command.examples.map(([line]) => line.length))
  const flags = Object.keys(command.flags).length > 0 ? [[bold('Flags'), ...flagLines(command.flags)].join('\n')] : []
  return [
    [bold('Use'), ...command.usage.map((line) => `  muster ${line}`)].join('\n'),
    command.about.join('\n'),
    ...flags,
    [bold('Everywhere'), ...flagLines(GLOBAL_FLAGS)].join('\n'),
    [bold('Examples'), ...command.examples.map(([line, meaning]) => `  ${line.padEnd(width)}  # ${meaning}`)].join('\n'),
  ].join('\n\n')
}

function flagLines(flags: Readonly<Record<string, Flag>>): string[] {
  const heads = Object.entries(flags).map(([name, { short, value }]) => `${short ? `-${short}, ` : ''}--${name}${value ? ` <${value}>` : ''}`)
  const width = Math.max(...heads.map((head) => head.length))
  return Object.values(flags).map(({ summary }, index) => `  ${(heads[index] ?? '').padEnd(width)}  ${summary}`)
}
