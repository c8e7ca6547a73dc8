import type { Command } from '../../client/cli/command.ts'
import { COMMANDS } from '../../client/cli/registry.ts'
import { takersOf } from '../../client/cli/usage.ts'
import { SETTINGS, type Setting } from '../../src/settings.ts'

const USE = { begin: '<!-- use -->', end: '<!-- /use -->' }
const SETTINGS_TABLE = { begin: '<!-- settings -->', end: '<!-- /settings -->' }
const HEADING = /^### muster (\S+)\n/gm

/**
 * docs/cli.md with the use and the flags of each command as the program has them, below the command's heading, and the table of the
 * settings. They stand between comments; what people wrote around them stays.
 */
export async function refreshCommands(document: string): Promise<string> {
  const bare = document.replace(new RegExp(`\\n${USE.begin}\\n(?:[\\s\\S]*?\\n)??${USE.end}\\n`, 'g'), '')
  const blocks = new Map(await Promise.all([...bare.matchAll(HEADING)].map(async ([heading, name = '']) => [heading, await blockOf(name)] as const)))
  const { begin, end } = SETTINGS_TABLE
  return bare
    .replace(HEADING, (heading) => `${heading}${blocks.get(heading) ?? ''}`)
    .replace(new RegExp(`${begin}\\n[\\s\\S]*?${end}`), () => [begin, '', ...settingsTable(), '', end].join('\n'))
}

async function blockOf(name: string): Promise<string> {
  const listed = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined
  if (!listed) return ''
  const { command } = await listed.load()
  const use = ['', USE.begin, '```', ...command.usage.map((line) => `muster ${line}`), '```']
  const flags = flagsTable(command)
  return [...use, ...(flags.length === 0 ? [] : ['', ...flags, '']), USE.end, ''].join('\n')
}

function flagsTable(command: Command): string[] {
  const rows = Object.entries(command.flags).map(([name, { short, value, summary }]) => {
    const head = `${short === undefined ? '' : `-${short}, `}--${name}${value === undefined ? '' : ` <${value}>`}`
    return [`\`${head}\``, ...(command.actions ? [takersOf(command, name).join(', ')] : []), summary]
  })
  return rows.length === 0 ? [] : table(['flag', ...(command.actions ? ['with'] : []), 'meaning'], rows)
}

function settingsTable(): string[] {
  const rows = Object.entries(SETTINGS).map(([key, { of, files, variable, flag, summary }]: [string, Setting]) => [
    `\`${key}\``,
    of === 'daemon' ? 'the daemon' : of,
    files.join(', ') || '-',
    variable === undefined ? '-' : `\`${variable}\``,
    flag === undefined ? '-' : `\`${flag}\``,
    summary,
  ])
  return table(['setting', 'of', 'files', 'variable', 'flag', 'meaning'], rows)
}

function table(headings: readonly string[], rows: readonly (readonly string[])[]): string[] {
  const line = (cells: readonly string[]): string => `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`
  return [line(headings), `|${'---|'.repeat(headings.length)}`, ...rows.map(line)]
}
