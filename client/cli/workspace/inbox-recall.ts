import type { Item } from '../../../src/contract/index.ts'
import { RECALL_TOKENS } from '../../../src/tools/recall.ts'
import { Memory } from '../../workspace/memory.ts'
import { type Asker, BRIEFS, isOwner } from '../../workspace/workspace-memory.ts'
import type { Invocation } from '../command.ts'
import { CliError } from '../failure.ts'
import { workspaceHere } from './here.ts'
import { recallBlock } from './memory-looks.ts'

/** The memory of the workspace in which somebody takes mail. @throws CliError where there is none */
export function memoryFor(invocation: Invocation) {
  const { folder, manifest } = workspaceHere(invocation)
  const memory = new Memory(folder, invocation.environment.now)
  return {
    /** @throws CliError `not_yours`, before anything is taken */
    check(self: Asker): void {
      if (!isOwner(manifest, self)) throw new CliError('not_yours', `this memory is for ${manifest.orchestrator}, not for ${self.name}`, { hint: BRIEFS })
    },
    recall: (items: readonly Item[]): string =>
      recallBlock(memory, items.map(({ message }) => message.body).join('\n'), { tokens: RECALL_TOKENS.default, nowMs: invocation.environment.now() }),
  }
}
