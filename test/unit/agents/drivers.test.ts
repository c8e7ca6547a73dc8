import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { HOOK_EVENTS, NO_ANSWER, type RuntimeDriver } from '../../../client/agents/driver.ts'
import { DRIVERS, findDriver, runtimeNames } from '../../../client/agents/drivers.ts'
import { CLAUDE_SAMPLES, CODEX_META, CODEX_SAMPLES, GEMINI_SAMPLES, type Sample } from './samples.ts'

const read = (driver: RuntimeDriver, { event, input }: Sample = { event: 'end', input: {} }) => driver.readHook(event, input)
const printed = (answer: { readonly stdout: string }) => JSON.parse(answer.stdout) as unknown

describe('the drivers', () => {
  it('are found by name and by short name', () => {
    expect(findDriver('claude')).toBe(DRIVERS['claude-code'])
    expect(findDriver('claude-code')).toBe(DRIVERS['claude-code'])
    for (const name of runtimeNames()) expect(findDriver(name)?.shortName).toBe(name)
    expect(findDriver('emacs')).toBeUndefined()
  })

  it.each(Object.values(DRIVERS))('of $title survives any input', (driver) => {
    const odd = [{}, { session_id: 7, transcript_path: {}, cwd: null, stop_hook_active: 'yes', seen: [1, { a: 2 }] }, { session_id: '' }]
    for (const event of HOOK_EVENTS) {
      for (const input of odd) {
        const call = driver.readHook(event, input)
        expect([call.sessionId, call.cwd, call.transcript, call.isContinued, call.seen]).toEqual([undefined, undefined, undefined, false, []])
      }
    }
  })

  it.each(Object.values(DRIVERS))('of $title shows mail at the moments that it says it can, and answers no permission with it', (driver) => {
    const { betweenTools, endOfTurn } = driver.capabilities
    expect(driver.writeHook('tool', 'mail').stdout.includes('mail')).toBe(betweenTools)
    expect(driver.writeHook('stop', 'mail').stdout.includes('mail')).toBe(endOfTurn)
    for (const event of ['start', 'prompt'] as const) expect(driver.writeHook(event, 'mail').stdout).toContain('mail')
    // What the plugin of OpenCode reads is no decision of any kind.
    for (const event of ['permission', 'idle', 'end'] as const) expect(driver.writeHook(event, 'mail').stdout).not.toMatch(/decision|allow|behavior/)
  })
})

describe('a request for permission', () => {
  const sampleOf = (name: string) => JSON.parse(readFileSync(new URL(`../../support/hook-samples/${name}.permission-request.json`, import.meta.url), 'utf8'))
  const decision = (said: object) => ({ hookSpecificOutput: { hookEventName: 'PermissionRequest', decision: said } })

  it.each([
    ['claude-code', { command: 'touch /home/someone/x' }],
    ['codex', { command: 'touch ../made', description: 'It is needed.' }],
  ] as const)('of %s is read whole, and answered as a person has said', (name, given) => {
    const { dialog } = DRIVERS[name]
    expect(dialog?.read(sampleOf(name))).toEqual({ tool: 'Bash', arguments: given })
    expect(printed(dialog?.write({ allow: true }) ?? NO_ANSWER)).toEqual(decision({ behavior: 'allow' }))
    expect(printed(dialog?.write({ allow: false, message: 'Not today.' }) ?? NO_ANSWER)).toEqual(decision({ behavior: 'deny', message: 'Not today.' }))
  })

  it('is none where the tool is itself a question, or nothing of a tool', () => {
    const { dialog } = DRIVERS['claude-code']
    for (const tool of ['AskUserQuestion', 'ExitPlanMode']) expect(dialog?.read({ tool_name: tool, tool_input: {} })).toBeUndefined()
    for (const odd of [
      {},
      { tool_name: 7, tool_input: {} },
      { tool_name: 'Bash' },
      { tool_name: 'Bash', tool_input: 'ls' },
      { tool_name: 'Bash', tool_input: [1] },
    ])
      expect(dialog?.read(odd)).toBeUndefined()
  })

  it('is answered by no hook of Gemini CLI and OpenCode, which have no way to', () => {
    for (const name of ['gemini', 'opencode'] as const) expect(DRIVERS[name].dialog).toBeUndefined()
  })
})

describe('Claude Code', () => {
  const driver = DRIVERS['claude-code']

  it('tells the session, the transcript and the folder in every hook', () => {
    for (const sample of Object.values(CLAUDE_SAMPLES)) {
      expect(read(driver, sample)).toMatchObject({
        sessionId: 'c4b2bba3-e5ff-4c73-ae25-304882363d02',
        transcript: expect.stringMatching(/^\/home\/ann\/\.claude\/.*\.jsonl$/),
        cwd: '/home/ann/web',
      })
    }
  })

  it('tells a turn that a hook keeps going, a subagent, and what /clear does', () => {
    expect(read(driver, CLAUDE_SAMPLES['stop']).isContinued).toBe(false)
    expect(read(driver, CLAUDE_SAMPLES['stopAgain']).isContinued).toBe(true)
    expect(read(driver, CLAUDE_SAMPLES['tool']).isOfSubagent).toBe(false)
    expect(read(driver, CLAUDE_SAMPLES['toolOfSubagent']).isOfSubagent).toBe(true)
    expect(driver.readHook('start', { source: 'clear' }).isCleared).toBe(true)
    expect(driver.readHook('end', { reason: 'clear' }).isIrrelevant).toBe(true)
    expect(read(driver, CLAUDE_SAMPLES['end']).isIrrelevant).toBe(false)
  })

  it('knows idleness from other notifications', () => {
    expect(driver.readHook('idle', { notification_type: 'idle_prompt' }).isIrrelevant).toBe(false)
    expect(driver.readHook('idle', { notification_type: 'permission_prompt' }).isIrrelevant).toBe(true)
  })

  it('shows mail as context, which at the end of a turn keeps it going', () => {
    expect(['start', 'prompt', 'tool', 'stop'].map((event) => printed(driver.writeHook(event as 'start', 'two\nlines')))).toEqual(
      ['SessionStart', 'UserPromptSubmit', 'PostToolUse', 'Stop'].map((hookEventName) => ({
        hookSpecificOutput: { hookEventName, additionalContext: 'two\nlines' },
      })),
    )
  })

  it('takes what a hook printed for no proof that the model was shown it', () => {
    expect(driver.isProof('{"attachment":{"type":"hook_success","stdout":"…"}}')).toBe(false)
    expect(driver.isProof('{"type":"queue-operation","operation":"enqueue","content":"…"}')).toBe(false)
    expect(driver.isProof('{"attachment":{"type":"hook_additional_context","content":["…"]}}')).toBe(true)
  })

  it('is recognised by its program', () => {
    expect(driver.isAgent(['/opt/node_modules/.bin/claude', '-p', 'hi'])).toBe(true)
    expect(driver.isAgent(['node', '/usr/lib/node_modules/.bin/claude'])).toBe(true)
    expect(driver.isAgent(['vim', '--noplugin', 'claude.md'])).toBe(false)
    expect(driver.isAgent([])).toBe(false)
  })
})

describe('Codex', () => {
  const driver = DRIVERS.codex

  it('tells the same session in hooks and tool calls', () => {
    for (const sample of Object.values(CODEX_SAMPLES)) expect(read(driver, sample).sessionId).toBe(driver.sessionOfCall(CODEX_META))
    expect(driver.sessionOfCall({})).toBeUndefined()
  })

  it('keeps a turn going with a reason, and shows context elsewhere', () => {
    expect(read(driver, CODEX_SAMPLES['stopAgain']).isContinued).toBe(true)
    expect(printed(driver.writeHook('stop', 'mail'))).toEqual({ decision: 'block', reason: 'mail' })
    expect(printed(driver.writeHook('tool', 'mail'))).toEqual({ hookSpecificOutput: { hookEventName: 'PostToolUse', additionalContext: 'mail' } })
  })
})

describe('Gemini CLI', () => {
  const driver = DRIVERS.gemini

  it('reads its hooks', () => {
    for (const sample of Object.values(GEMINI_SAMPLES)) {
      expect(read(driver, sample)).toMatchObject({ sessionId: 'f31fefb4-300d-4c56-8b0a-a95aac43ffd4', transcript: expect.stringContaining('/chats/session-') })
    }
    expect(read(driver, GEMINI_SAMPLES['stopAgain']).isContinued).toBe(true)
    expect(driver.readHook('permission', { notification_type: 'ToolPermission' }).isIrrelevant).toBe(false)
    expect(driver.readHook('permission', { notification_type: 'Other' }).isIrrelevant).toBe(true)
  })

  it('writes under its own names of the events', () => {
    expect(printed(driver.writeHook('prompt', 'mail'))).toEqual({ hookSpecificOutput: { hookEventName: 'BeforeAgent', additionalContext: 'mail' } })
    expect(printed(driver.writeHook('tool', 'mail'))).toEqual({ hookSpecificOutput: { hookEventName: 'AfterTool', additionalContext: 'mail' } })
    expect(printed(driver.writeHook('stop', 'mail'))).toEqual({ decision: 'block', reason: 'mail' })
  })

  it('is recognised behind the flags of Node', () => {
    expect(driver.isAgent(['/usr/bin/node', '--max-old-space-size=12052', '/opt/.bin/gemini', '-p', 'hi'])).toBe(true)
  })
})

describe('OpenCode', () => {
  it('is spoken to through its plugin, which tells what it saw on the way to the model', () => {
    const driver = DRIVERS.opencode
    expect(driver.readHook('stop', { seen: ['msg_k7qm2x1', 2] }).seen).toEqual(['msg_k7qm2x1'])
    expect(printed(driver.writeHook('stop', 'mail'))).toEqual({ text: 'mail' })
  })
})
