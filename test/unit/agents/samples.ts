import type { HookEvent } from '../../../client/agents/driver.ts'

/** What the real programs wrote to a hook, with folders and ids shortened and long results cut. */
export interface Sample {
  readonly event: HookEvent
  readonly input: Readonly<Record<string, unknown>>
}

const CLAUDE = {
  session_id: 'c4b2bba3-e5ff-4c73-ae25-304882363d02',
  transcript_path: '/home/ann/.claude/projects/-home-ann-web/c4b2bba3-e5ff-4c73-ae25-304882363d02.jsonl',
  cwd: '/home/ann/web',
}
const CLAUDE_TURN = { ...CLAUDE, prompt_id: '155b4fab-23f3-4c25-b67b-a4bdd9ad94a4', permission_mode: 'default' }

/** claude-code 2.1.329 */
export const CLAUDE_SAMPLES: Readonly<Record<string, Sample>> = {
  start: { event: 'start', input: { ...CLAUDE, hook_event_name: 'SessionStart', source: 'startup' } },
  prompt: { event: 'prompt', input: { ...CLAUDE_TURN, hook_event_name: 'UserPromptSubmit', prompt: 'hi' } },
  tool: {
    event: 'tool',
    input: {
      ...CLAUDE_TURN,
      hook_event_name: 'PostToolUse',
      tool_name: 'mcp__muster__boot',
      tool_input: {},
      tool_response: '{"ok":"booted"}',
      tool_use_id: 'toolu_1',
      duration_ms: 211,
      mcp_server: { name: 'muster', source: 'dynamic' },
    },
  },
  toolOfSubagent: {
    event: 'tool',
    input: {
      ...CLAUDE_TURN,
      agent_id: 'a0646008fbc16971d',
      agent_type: 'general-purpose',
      hook_event_name: 'PostToolUse',
      tool_name: 'mcp__muster__boot',
      tool_input: {},
      tool_response: '{"ok":"booted"}',
      tool_use_id: 'toolu_8',
      duration_ms: 237,
    },
  },
  stop: {
    event: 'stop',
    input: { ...CLAUDE_TURN, hook_event_name: 'Stop', stop_hook_active: false, last_assistant_message: 'done', background_tasks: [], session_crons: [] },
  },
  stopAgain: {
    event: 'stop',
    input: { ...CLAUDE_TURN, hook_event_name: 'Stop', stop_hook_active: true, last_assistant_message: 'more', background_tasks: [], session_crons: [] },
  },
  end: { event: 'end', input: { ...CLAUDE, hook_event_name: 'SessionEnd', reason: 'other' } },
}

const CODEX = {
  session_id: '01a1fdcb-887b-7962-ba6b-085ac967acfa',
  transcript_path: '/home/ann/.codex/sessions/2026/11/21/rollout-2026-11-21T11-08-56-01a1fdcb-887b-7962-ba6b-085ac967acfa.jsonl',
  cwd: '/home/ann/web',
  model: 'gpt',
  permission_mode: 'default',
}

/** codex 0.169.0 */
export const CODEX_SAMPLES: Readonly<Record<string, Sample>> = {
  start: { event: 'start', input: { ...CODEX, hook_event_name: 'SessionStart', source: 'startup' } },
  prompt: { event: 'prompt', input: { ...CODEX, turn_id: '01a1fdcb-e4e7-7901', hook_event_name: 'UserPromptSubmit', prompt: 'hello there' } },
  tool: {
    event: 'tool',
    input: {
      ...CODEX,
      turn_id: '01a1fdcb-e4e7-7901',
      hook_event_name: 'PostToolUse',
      tool_name: 'mcp__muster__notify',
      tool_input: {},
      tool_response: { content: [{ type: 'text', text: 'booted' }], structuredContent: { ok: 'booted' } },
      tool_use_id: 'call_2',
    },
  },
  stop: {
    event: 'stop',
    input: { ...CODEX, turn_id: '01a1fdcb-e4e7-7901', hook_event_name: 'Stop', stop_hook_active: false, last_assistant_message: 'done' },
  },
  stopAgain: {
    event: 'stop',
    input: { ...CODEX, turn_id: '01a1fdcb-e4e7-7901', hook_event_name: 'Stop', stop_hook_active: true, last_assistant_message: 'more' },
  },
  end: { event: 'end', input: { ...CODEX, hook_event_name: 'SessionEnd', reason: 'other' } },
}

/** `_meta` of a tools/call by codex 0.169.0. */
export const CODEX_META = {
  callId: 'call_1',
  'x-codex-turn-metadata': { session_id: CODEX.session_id, thread_id: CODEX.session_id, thread_source: 'user', turn_trigger: 'exec' },
  threadId: CODEX.session_id,
  sessionId: CODEX.session_id,
  windowId: `${CODEX.session_id}:0`,
  itemId: 'fc_1',
  progressToken: 1,
}

const GEMINI = {
  session_id: 'f31fefb4-300d-4c56-8b0a-a95aac43ffd4',
  transcript_path: '/home/ann/.gemini/tmp/web/chats/session-2026-11-21T11-15-f31fefb4.jsonl',
  cwd: '/home/ann/web',
  timestamp: '2026-11-21T11:15:12.943Z',
}

/** gemini-cli 0.61.0 */
export const GEMINI_SAMPLES: Readonly<Record<string, Sample>> = {
  start: { event: 'start', input: { ...GEMINI, hook_event_name: 'SessionStart', source: 'startup' } },
  prompt: { event: 'prompt', input: { ...GEMINI, hook_event_name: 'BeforeAgent', prompt: 'hi' } },
  tool: {
    event: 'tool',
    input: {
      ...GEMINI,
      hook_event_name: 'AfterTool',
      tool_name: 'mcp_muster_boot',
      tool_input: {},
      tool_response: { llmContent: [{ text: 'booted' }], returnDisplay: 'booted' },
      mcp_context: { server_name: 'muster', tool_name: 'boot', command: 'muster', args: ['mcp'] },
    },
  },
  stop: { event: 'stop', input: { ...GEMINI, hook_event_name: 'AfterAgent', prompt: 'hi', prompt_response: 'done', stop_hook_active: false } },
  stopAgain: { event: 'stop', input: { ...GEMINI, hook_event_name: 'AfterAgent', prompt: 'hi', prompt_response: 'more', stop_hook_active: true } },
  end: { event: 'end', input: { ...GEMINI, hook_event_name: 'SessionEnd', reason: 'exit' } },
}
