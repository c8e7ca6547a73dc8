import { describe, expect, it } from 'vitest'
import { type Wanted, wantedAt } from '../../../client/cli/completion/candidates.ts'
import { readBashLine } from '../../../client/cli/completion/shell-words.ts'
import { COMMANDS } from '../../../client/cli/registry.ts'
import { SETTING_KEYS } from '../../../src/settings.ts'
import { muster } from './memory-environment.ts'

const values = ({ candidates }: Wanted) => candidates.map(({ value }) => value)

describe('the word at the cursor', () => {
  it('is a command at first', async () => {
    for (const words of [[], [''], ['pe'], ['help', '']]) expect(values(await wantedAt(words))).toEqual([...Object.keys(COMMANDS), 'help'])
    expect(await wantedAt(['nonsense', ''])).toMatchObject({ candidates: [], live: [] })
    expect(await wantedAt(['constructor', ''])).toMatchObject({ candidates: [], live: [] })
  })

  it.each([
    ['dead ', ['list', 'show', 'replay', 'discard']],
    ['config get ', SETTING_KEYS],
    ['config set durability ', ['full', 'os']],
    ['config set trustedProxy ', ['true', 'false']],
    ['completion ', ['bash', 'zsh', 'fish']],
    ['persona use ', ['chief-of-staff', 'dispatcher', 'mentor', 'neutral', 'night-watch', 'sceptic']],
    ['skill uninstall --scope ', ['user', 'project']],
    ['install ', ['claude', 'codex', 'gemini', 'opencode']],
    ['peers --role ', ['agent', 'orchestrator', 'service', 'person', 'observer']],
    ['dead list --kind=', ['ask', 'notify']],
    ['thread ', ['list', 'show']],
    ['peers show bob ', []],
    ['ask bob -- --', []],
  ] as const)('behind "%s" is one of what that place takes', async (line, expected) => {
    expect(values(await wantedAt(line.split(' ')))).toEqual(expected)
  })

  it.each([
    ['ask ', ['peer']],
    ['peers show ', ['peer']],
    ['inbox --peek --of ', ['peer']],
    ['inbox --as ', ['peer']],
    ['pairs release ann ', ['peer']],
    ['grants give --json ann ', ['circle']],
    ['peers --circle=', ['circle']],
    ['thread ', ['thread']],
    ['thread show ', ['thread']],
    ['answer ', ['owed thread']],
    ['decline --file x ', ['owed thread']],
    ['dead replay ', ['dead letter']],
    ['ask bob ', []],
    ['ask bob text ', []],
  ] as const)('behind "%s" is a name that the daemon knows: %j', async (line, expected) => {
    expect((await wantedAt(line.split(' '))).live).toEqual(expected)
  })

  it('is a further one where any number may stand', async () => {
    for (const line of ['skill install ', 'skill install --all ', 'skill install mesh muster-memory '])
      expect(values(await wantedAt(line.split(' '))), line).toContain('muster-mesh')
  })

  it('is a flag that goes with what stands before', async () => {
    const everywhere = ['--json', '--as', '--url', '--help']
    expect(values(await wantedAt(['dead', 'show', '-']))).toEqual(everywhere)
    expect(values(await wantedAt(['token', 'issue', '--']))).toEqual(['--label', ...everywhere])
    expect(values(await wantedAt(['status', '--']))).toEqual(everywhere)
  })

  it('may be a file, which the shell knows better', async () => {
    for (const line of ['ask bob --file ', 'ask bob -f ', 'notify bob --file=']) expect((await wantedAt(line.split(' '))).files, line).toBe(true)
  })
})

describe('what bash gives', () => {
  it.each([
    ['muster pe', 'pe', ['pe'], ''],
    ['muster ask bob@o', 'o', ['ask', 'bob@o'], 'bob@'],
    ['muster peers --circle=', '=', ['peers', '--circle='], '--circle='],
    ['muster peers --circle=ma', 'ma', ['peers', '--circle=ma'], '--circle='],
    ['muster ask bob "two words" --', '--', ['ask', 'bob', 'two words', '--'], ''],
    ["muster ask 'it", "'it", ['ask', 'it'], ''],
    ['  muster  ask\\ x "a\\"b" ', '', ['ask x', 'a"b', ''], ''],
  ])('%j is read as bash would run it', (line, current, words, kept) => {
    expect(readBashLine(line, current)).toEqual({ words, kept })
  })
})

describe('muster complete', () => {
  it('says nothing and ends well, whatever it is given and with no daemon there', async () => {
    for (const args of [[], ['zsh'], ['bash', '--'], ['fish', '--', 'ask', ''], ['zsh', '--', 'thread', '--as', 'a b', ''], ['tcsh', '--', 'x', '']]) {
      const { exit, stderr } = await muster(['complete', ...args])
      expect([exit, stderr], args.join(' ')).toEqual([0, ''])
    }
    expect((await muster(['complete', 'fish', '--', 'ask', ''])).stdout).toBe('')
  })
})
