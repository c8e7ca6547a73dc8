import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { OPERATION_NAMES, OPERATIONS } from '../../../src/contract/index.ts'
import { ALIASES } from '../../../src/tools/aliases.ts'
import { TOOLS, toolSet } from '../../../src/tools/catalogue.ts'
import { INSTRUCTIONS } from '../../../src/tools/instructions.ts'
import { PROFILES } from '../../../src/tools/tool.ts'
import { peerLine, threadLine, viewPeer, viewThread, WHOLE } from '../../../src/tools/views.ts'
import { hintInTools } from '../../../src/tools/wording.ts'
import { hostileText, isPlain, peer, ref, showsMark, thread } from './shown.ts'

/** Tokens are counted as bytes of UTF-8 divided by four. */
const tokensOf = (value: unknown) => Math.ceil(Buffer.byteLength(typeof value === 'string' ? value : JSON.stringify(value)) / 4)
const MAX_DEFAULT_TOKENS = 3_000
const MAX_INSTRUCTIONS_TOKENS = 250
const MAX_DEFAULT_TOOLS = 12

describe('the tools', () => {
  it('of the default profile are those that every session needs', () => {
    expect(toolSet('default').listed.map(({ name }) => name)).toEqual([
      'boot',
      'peers',
      'ask',
      'reply',
      'notify',
      'inbox',
      'wait',
      'attachment',
      'set_description',
      'schedule',
      'schedules',
    ])
  })

  it('of the default profile cost no session more than 3,000 tokens', () => {
    const costs = PROFILES.map((profile) => [profile, toolSet(profile).listed.length, tokensOf({ tools: toolSet(profile).listed })] as const)
    for (const [profile, count, tokens] of costs) console.info(`tools/list, profile ${profile}: ${count} tools, ${tokens} tokens (bytes / 4)`)
    console.info(`instructions: ${tokensOf(INSTRUCTIONS)} tokens (bytes / 4)`)
    expect(costs[0]?.[1]).toBeLessThanOrEqual(MAX_DEFAULT_TOOLS)
    expect(costs[0]?.[2]).toBeLessThanOrEqual(MAX_DEFAULT_TOKENS)
    expect(tokensOf(INSTRUCTIONS)).toBeLessThanOrEqual(MAX_INSTRUCTIONS_TOKENS)
  })

  it('of a profile are among those of the next', () => {
    const names = PROFILES.map((profile) => [...toolSet(profile).tools.keys()])
    expect(names[1]).toEqual(expect.arrayContaining(names[0] ?? []))
    expect(names[2]).toEqual(expect.arrayContaining(names[1] ?? []))
    expect(new Set(names[2]).size).toBe(names[2]?.length)
  })

  it.each(toolSet('full').listed)(
    '$name says in short what it is, and whether it changes or takes away',
    ({ name, title, description, annotations, inputSchema, outputSchema }) => {
      expect(name).toMatch(/^[a-z][a-z0-9_]{1,23}$/)
      expect(title.length).toBeLessThan(50)
      expect(description).toMatch(/^[A-Z].*\.$/)
      expect(description.length).toBeLessThan(160)
      // Codex refuses a tool of which it cannot tell that it is harmless, where nobody can be asked.
      expect(annotations).toMatchObject({ openWorldHint: false })
      expect(annotations.readOnlyHint || annotations.destructiveHint !== undefined).toBe(true)
      expect(inputSchema).toMatchObject({ type: 'object', additionalProperties: false })
      expect(outputSchema.type).toBe('object')
      expect(JSON.stringify([inputSchema, outputSchema])).not.toMatch(/\$ref|\$defs|"pattern"|9007199254740991/)
    },
  )

  it('of the first two profiles destroy nothing', () => {
    expect(toolSet('orchestrator').listed.filter(({ annotations }) => annotations.destructiveHint)).toEqual([])
  })

  it('refuse a field that they do not know, and name it', () => {
    for (const { name, input } of TOOLS) {
      const { error } = input.safeParse({ surprise: 1 })
      expect(error?.issues, name).toContainEqual(expect.objectContaining({ code: 'unrecognized_keys', keys: ['surprise'] }))
    }
  })

  it('take or refuse whatever they are sent, and never throw', () => {
    for (const { input } of toolSet('full').tools.values()) {
      fc.assert(
        fc.property(fc.jsonValue(), (value) => typeof input.safeParse(value).success === 'boolean'),
        { numRuns: 20 },
      )
    }
  })
})

describe('the doors of the contract', () => {
  const doors = OPERATION_NAMES.map((name) => [name, OPERATIONS[name].doors.mcp] as const)

  it.each(doors)('%s is reached by a tool, or has a reason why not', (_name, door) => {
    if (typeof door !== 'string') return expect(door.none).toMatch(/^[A-Z].{15,}\.$/)
    const [tool = '', argument] = door.split(' ')
    expect([...toolSet('full').tools.keys()]).toContain(tool)
    if (argument === undefined) return
    const [field = '', value = ''] = argument.split(':')
    const taken = toolSet('full').tools.get(tool)?.input.shape[field]
    expect(taken?.safeParse(JSON.parse(value)).success).toBe(true)
  })

  it('lead to every tool of our own, besides the one that does what several do, and the memory, which is files and no operation', () => {
    const reached = new Set(doors.flatMap(([, door]) => (typeof door === 'string' ? [door.split(' ')[0]] : [])))
    expect(TOOLS.map(({ name }) => name).filter((name) => !reached.has(name))).toEqual(['boot', 'memory'])
  })

  it("are the words in which the daemon's hints are shown", () => {
    expect(hintInTools('peers.list shows who. Use threads.reply; not a.b.')).toBe('`peers` shows who. Use `reply how:"more"`; not a.b.')
    expect(hintInTools('node.ping has no tool.')).toBe('node.ping has no tool.')
  })
})

describe('the names of other programs', () => {
  it('mean tools of ours, and none of them hides one', () => {
    const own = new Set(TOOLS.map(({ name }) => name))
    for (const [alias, { tool, fields, always = {} }] of Object.entries(ALIASES)) {
      expect(own, alias).toContain(tool)
      expect(own, alias).not.toContain(alias)
      const shape = TOOLS.find(({ name }) => name === tool)?.input.shape ?? {}
      expect(Object.keys(shape), alias).toEqual(expect.arrayContaining([...Object.values(fields), ...Object.keys(always)]))
    }
  })

  it('are in the full profile only', () => {
    for (const profile of ['default', 'orchestrator'] as const) for (const alias of Object.keys(ALIASES)) expect(toolSet(profile).tools.has(alias)).toBe(false)
    for (const alias of Object.keys(ALIASES)) expect(toolSet('full').tools.has(alias)).toBe(true)
  })
})

describe('what a peer says of itself', () => {
  const you = ref('bob')

  it('stays on its line and shows no mark', () => {
    fc.assert(
      fc.property(hostileText, hostileText, hostileText, hostileText, (description, runtime, capability, name) => {
        const view = viewPeer(peer({ description, runtime, capabilities: [capability], ...{ name } }), you, WHOLE)
        const line = peerLine(view)
        expect(line).not.toMatch(/[\n\r\u2028\u2029\u0085]/)
        for (const text of [line, view.about ?? '', view.runtime, view.name, ...(view.can ?? [])])
          expect([showsMark(text), isPlain(text)]).toEqual([false, true])
        expect((/: "(.*)"$/.exec(line)?.[1] ?? '').includes('"')).toBe(false)
      }),
    )
  })

  it('nor does the reason of a thread leave its line or show one', () => {
    fc.assert(
      fc.property(hostileText, (reason) => {
        const line = threadLine(viewThread(thread({ state: 'declined', reason }), you))
        expect(line).not.toMatch(/[\n\r\u2028\u2029\u0085]/)
        expect([showsMark(line), isPlain(line)]).toEqual([false, true])
      }),
    )
  })
})
