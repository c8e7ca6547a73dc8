import { claude } from './claude.ts'
import { codex } from './codex.ts'
import { gemini } from './gemini.ts'
import type { AgentKind } from './kind.ts'
import { opencode } from './opencode.ts'
import type { AgentName } from './programs.ts'

export const KINDS: Readonly<Record<AgentName, AgentKind>> = { claude, codex, gemini, opencode }
