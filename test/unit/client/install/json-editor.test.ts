import * as fc from 'fast-check'
import { parse } from 'jsonc-parser'
import { describe, expect, it } from 'vitest'
import type { Added } from '../../../../client/agents/install/editor.ts'
import { InstallError } from '../../../../client/agents/install/install-error.ts'
import type { Dialect, Json } from '../../../../client/agents/install/json-document.ts'
import { type JsonContent, JsonEditor } from '../../../../client/agents/install/json-editor.ts'
import { applySplices } from '../../../../client/agents/install/splices.ts'
import { settingsText } from './hostile-json.ts'

const LENIENT: Dialect = { comments: true, trailingCommas: true, byteOrderMark: true, duplicateKeys: true }
const STRICT: Dialect = { comments: false, trailingCommas: false, byteOrderMark: false, duplicateKeys: false }

const OWNER = {
  isHookCommand: (command: string) => /^(\S*\/)?muster (hook|wait) /.test(command),
  serverCommand: (value: Json) => ((value as { command?: unknown } | null)?.command === 'muster' ? 'muster mcp' : undefined),
}
const contentOf = (path: string): JsonContent => ({
  server: { section: 'mcpServers', name: 'muster', value: { command: 'muster', args: ['mcp', path] } },
  hooks: {
    SessionStart: {
      hooks: [
        { type: 'command', command: `${path}muster hook claude start` },
        { type: 'command', command: `${path}muster wait --runtime claude-code`, asyncRewake: true },
      ],
    },
    Stop: { matcher: '.*', hooks: [{ type: 'command', command: `${path}muster hook claude stop`, timeout: 10 }] },
  },
})
const CONTENT = contentOf('')
const editor = (content = CONTENT, dialect = LENIENT) => new JsonEditor('settings.json', dialect, content, OWNER)
const undone = ({ text, undo }: Added): string => applySplices(text, undo)
const valueIn = (text: string): unknown => parse(text.replace(/^\ufeff/, ''), [], { allowTrailingComma: true, allowEmptyContent: true })

describe('a JSON file that something is installed in', () => {
  it('is byte for byte what it was once that is undone, whatever it is', async () => {
    await fc.assert(
      fc.asyncProperty(settingsText, async (before) => {
        const added = await editor().add(before)
        expect(undone(added)).toBe(before)
        expect(added.undo.every(({ text }) => text === '')).toBe(true)
        expect(await editor().holds(added.text)).toBe(true)
      }),
      { numRuns: 250 },
    )
  })

  it('has every value it had, in its order, and those installed', async () => {
    await fc.assert(
      fc.asyncProperty(settingsText, async (before) => {
        // The parser that reads it for this test makes a prototype of that key, so that what it inherits looks like a value.
        fc.pre(!before.includes('__proto__'))
        const { text } = await editor().add(before)
        expect(JSON.stringify(withoutOurs(valueIn(text)))).toBe(JSON.stringify(withoutOurs(valueIn(before))))
      }),
      { numRuns: 200 },
    )
  })

  it('is what it was once the entries are taken out of it, also where it was edited since', async () => {
    await fc.assert(
      fc.asyncProperty(settingsText, fc.constantFrom('\n', ' ', '\t\n'), async (before, edit) => {
        fc.pre(valueIn(before) !== undefined)
        const { text, made } = await editor().add(before)
        const edited = text + edit
        const left = await editor().remove(edited, made)
        // White space within what was empty is all that may differ.
        expect(squeezed(left)).toBe(squeezed(before + edit))
        expect(await editor().find(left)).toEqual([])
      }),
      { numRuns: 250 },
    )
  })

  it('takes a new version of the entries in place of the old', async () => {
    await fc.assert(
      fc.asyncProperty(settingsText, async (before) => {
        const old = await editor(contentOf('/old/')).add(before)
        expect(await editor().holds(old.text)).toBe(false)
        const base = await editor().remove(old.text, old.made)
        expect(await editor().holds((await editor().add(base)).text)).toBe(true)
      }),
      { numRuns: 200 },
    )
  })

  it('is refused, with the place, where any one of its bytes is lost so that it no longer parses', async () => {
    await fc.assert(
      fc.asyncProperty(settingsText, fc.nat(), fc.constantFrom('', '{', ',', '"', '\u0000', '/*'), async (whole, at, noise) => {
        const cut = whole.length === 0 ? 0 : at % whole.length
        const broken = whole.slice(0, cut) + noise + whole.slice(cut + 1)
        const outcome = await editor()
          .add(broken)
          .catch((error: unknown) => error)
        if (outcome instanceof InstallError) expect(outcome.message).toMatch(/line \d+, column \d+|not Muster's/)
        else expect(undone(outcome as Added)).toBe(broken)
      }),
      { numRuns: 250 },
    )
  })
})

describe('what is added', () => {
  const hook = { type: 'command', command: 'muster hook claude stop' } as const
  const small = editor({ hooks: { Stop: { hooks: [hook] } } })
  const added = async (text: string): Promise<string> => (await small.add(text)).text
  const group = JSON.stringify({ hooks: [hook] })

  it('looks like the rest of the file', async () => {
    const pretty = (unit: string, eol: string) => JSON.stringify({ a: 1, hooks: { Stop: [{ hooks: [hook] }] } }, null, unit).replaceAll('\n', eol)
    expect(await added('{\n\t"a": 1\n}')).toBe(pretty('\t', '\n'))
    expect(await added('{\r\n    "a": 1\r\n}')).toBe(pretty('    ', '\r\n'))
    expect(await added('{"a":1}')).toBe(`{"a":1,"hooks":{"Stop":[${group}]}}`)
    expect(await added('{}\n')).toBe(`${JSON.stringify({ hooks: { Stop: [{ hooks: [hook] }] } }, null, 2)}\n`)
  })

  it('stands behind what is there, whose comments and commas stay with it', async () => {
    const before = '{\n  "hooks": {\n    "Stop": [\n      1, // one\n      // more to come\n    ]\n  }\n}\n'
    const lines = JSON.stringify({ hooks: [hook] }, null, 2)
      .split('\n')
      .join('\n      ')
    expect(await added(before)).toBe(before.replace('// one\n', `// one\n      ${lines},\n`))
  })

  it('goes into the last of several members with one key, which is the one that counts', async () => {
    expect(await added('{"hooks":{"Stop":[]},"hooks":{}}')).toBe(`{"hooks":{"Stop":[]},"hooks":{"Stop":[${group}]}}`)
  })

  it('is a group of its own beside the hooks of others, and leaves theirs alone when it goes', async () => {
    const shared = `{"hooks":{"Stop":[{"matcher":"x","hooks":[{"type":"command","command":"lint"},${JSON.stringify(hook)}]}]}}`
    expect(await small.remove(shared, undefined)).toBe('{"hooks":{"Stop":[{"matcher":"x","hooks":[{"type":"command","command":"lint"}]}]}}')
  })

  it('takes empty containers away with it only where it brought them', async () => {
    const { text, made } = await small.add('{"hooks":{}}')
    expect(await small.remove(text, made)).toBe('{"hooks":{}}')
    expect(await small.remove(text, undefined)).toBe('{}')
  })
})

describe('a file that cannot be edited safely', () => {
  const refusal = async (text: string, of = editor()): Promise<string> => {
    const outcome = await of.add(text).catch((error: unknown) => error)
    return outcome instanceof InstallError ? outcome.message : `accepted as ${JSON.stringify(outcome)}`
  }

  it.each([
    ['{"a":1,,}', 'line 1, column 8: property name expected, so it is not edited'],
    ['{\n  "a": tru\n}', 'line 2, column 8: invalid symbol, so it is not edited'],
    ['{\r\n  "a": "x\r\n}', 'line 2, column 8: unexpected end of string, so it is not edited'],
    ['{"a":1', 'line 1, column 7: close brace expected, so it is not edited'],
    ['[]', 'line 1, column 1: array where an object is expected'],
    ['{"hooks": []}', 'line 1, column 11: "hooks" is array where object is expected'],
    ['{"mcpServers": null}', 'line 1, column 16: "mcpServers" is null where object is expected'],
    ['{"hooks": {"Stop": {}}}', 'line 1, column 20: "Stop" is object where array is expected'],
  ])('%j is refused with the place', async (text, message) => {
    expect(await refusal(text)).toBe(`settings.json: ${message}`)
  })

  it('is refused where the program that reads it would not accept it', async () => {
    const strict = editor(CONTENT, STRICT)
    expect(await refusal('{"a":1}', strict)).toContain('accepted')
    expect(await refusal('{// c\n}', strict)).toContain('line 1, column 2: invalid comment token')
    expect(await refusal('{"a":1,}', strict)).toContain('line 1, column 8: property name expected')
    expect(await refusal('\ufeff{}', strict)).toContain('byte order mark')
    expect(await refusal('{"hooks":{},\n"hooks":{}}', strict)).toContain('line 2, column 1: "hooks" is there twice')
  })

  it('is refused where it is nested deeper than can be read', async () => {
    expect(await refusal(`{"a":${'['.repeat(100_000)}${']'.repeat(100_000)}}`)).toContain('nested too deeply')
  })

  it("is refused where the server's name is taken by somebody else", async () => {
    expect(await refusal('{"mcpServers":{"muster":{"command":"other"}}}')).toBe("settings.json has an MCP server named muster that is not Muster's")
  })
})

/** Without what `CONTENT` adds: its server, its hooks and the containers that these need. */
function withoutOurs(value: unknown): unknown {
  if (value === undefined) return withoutOurs({})
  const { hooks, mcpServers, ...rest } = value as { hooks?: Record<string, unknown>; mcpServers?: Record<string, unknown> }
  const { muster: _ours, ...servers } = mcpServers ?? {}
  const kept = Object.entries(hooks ?? {}).map(([event, list]) => [event, isOurEvent(event) && Array.isArray(list) ? list.filter(isOther) : list] as const)
  const others = kept.filter(([event, list]) => !(isOurEvent(event) && Array.isArray(list) && list.length === 0))
  return { rest, servers, hooks: Object.fromEntries(others) }
}

const isOurEvent = (event: string): boolean => event === 'Stop' || event === 'SessionStart'
const isOther = (group: unknown): boolean => !/"command":"muster (hook|wait) /.test(JSON.stringify(group))
const squeezed = (text: string): string => text.replace(/\s+(?=[\]}])/g, '')
