import { Memory } from '../../workspace/memory.ts'
import { BRIEFS } from '../../workspace/workspace-memory.ts'
import type { Invocation } from '../command.ts'
import { CliError } from '../failure.ts'
import { chosenName } from '../identity.ts'
import { workspaceHere } from './here.ts'

/** @throws CliError `not_yours` for a peer that is not the orchestrator */
export function memoryHere(invocation: Invocation): Memory {
  const { folder, manifest } = workspaceHere(invocation)
  const asked = chosenName(invocation.flags, invocation.environment)
  if (asked !== undefined && asked.toLowerCase() !== manifest.orchestrator.toLowerCase()) {
    throw new CliError('not_yours', `this memory is for ${manifest.orchestrator}, not for ${asked}`, { hint: BRIEFS })
  }
  return new Memory(folder, invocation.environment.now)
}
