import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { EXIT } from '../../../client/cli/exit-codes.ts'
import { CLI_ERRORS } from '../../../client/cli/failure.ts'
import { GLOBAL_FLAGS } from '../../../client/cli/flags.ts'
import { COMMANDS } from '../../../client/cli/registry.ts'
import { COMMAND_OF, hintInCommands } from '../../../client/cli/wording.ts'
import { refreshCommands } from '../../../scripts/command-line/reference.ts'
import { OPERATIONS } from '../../../src/contract/index.ts'
import { ERROR_STATUSES } from '../../../src/error-statuses.ts'

const page = readFileSync(new URL('../../../docs/cli.md', import.meta.url), 'utf8')
/** The text under `### muster <name>`, by name. */
const sections = new Map(
  page
    .split(/^### muster /m)
    .slice(1)
    .map((section) => [section.slice(0, section.indexOf('\n')), section.split(/^## /m, 1)[0] ?? ''] as const),
)
const flagsIn = (text: string) => new Set([...text.matchAll(/(?<![\w-])--([a-z][a-z-]+)/g)].map(([, name]) => name ?? ''))

describe('docs/cli.md', () => {
  it('has the use, the flags and the settings as the program has them', async () => {
    expect((await refreshCommands(page)) === page, 'Refresh it with: npx tsx scripts/protocol.ts --write').toBe(true)
  })

  it('has a section for each command and for nothing else', () => {
    expect([...sections.keys()].sort()).toEqual(Object.keys(COMMANDS).sort())
  })

  it.each(Object.keys(COMMANDS))('names the flags of %s and no other', async (name) => {
    const { command } = await (COMMANDS[name] as (typeof COMMANDS)[string]).load()
    expect([...flagsIn(sections.get(name) ?? '')].sort()).toEqual(Object.keys(command.flags).sort())
  })

  it('names the flags of all commands', () => {
    for (const name of Object.keys(GLOBAL_FLAGS)) expect(page.split('## Who is speaking')[0]).toContain(`\`--${name}`)
  })

  it('lists each exit status with its name', () => {
    const listed = [...page.matchAll(/^\| (\d+) \| `(\w+)` \|/gm)].map(([, status, name]) => [name, Number(status)])
    expect(Object.fromEntries(listed)).toEqual(EXIT)
  })

  it('names the codes of the CLI itself, and no other', () => {
    const listed = /one of the CLI's own: ([\s\S]*?)\.\n/.exec(page)?.[1] ?? ''
    expect([...listed.matchAll(/`(\w+)`/g)].map(([, code]) => code).sort()).toEqual(Object.keys(CLI_ERRORS).sort())
  })

  it('leaves no status of a daemon error unexplained', () => {
    const known = new Set<number>(Object.values(EXIT))
    for (const [code, { exit }] of Object.entries(ERROR_STATUSES)) expect(known, code).toContain(exit)
  })
})

describe('the doors of the contract', () => {
  const doors = Object.values(OPERATIONS).flatMap(({ name, doors: { cli } }) => (typeof cli === 'string' ? [[name, cli] as const] : []))

  it("are the words in which the daemon's hints are shown", () => {
    expect(Object.entries(COMMAND_OF).sort()).toEqual(doors.map(([name, door]) => [name, door]).sort())
    expect(hintInCommands('peers.list shows who; or `select: "all"`. Not a.b.')).toBe('muster peers shows who; or --all. Not a.b.')
  })

  it.each(doors)('%s is reached by muster %s', async (_operation, door) => {
    const [name = '', ...rest] = door.split(' ')
    const listed = COMMANDS[name]
    expect(listed, name).toBeDefined()
    const { command } = await (listed as NonNullable<typeof listed>).load()
    for (const part of rest) {
      if (part.startsWith('--')) expect(Object.keys(command.flags)).toContain(part.slice(2))
      else expect(command.usage.join('\n')).toMatch(new RegExp(`\\b${part}\\b`))
    }
  })
})
