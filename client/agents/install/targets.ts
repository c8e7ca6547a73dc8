import { claudeTarget } from './claude-target.ts'
import { codexTarget } from './codex-target.ts'
import { geminiTarget } from './gemini-target.ts'
import { opencodeTarget } from './opencode-target.ts'
import type { Target } from './target.ts'

/** Every runtime that Muster can be installed in, by what people type for it. */
export const TARGETS = { claude: claudeTarget, codex: codexTarget, gemini: geminiTarget, opencode: opencodeTarget } as const satisfies Readonly<
  Record<string, Target>
>
