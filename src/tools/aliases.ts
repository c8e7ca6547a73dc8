import * as z from 'zod'
import type { Tool } from './tool.ts'

/** A tool under the name that another program gave it, with that program's names of the arguments. */
interface Alias {
  readonly tool: string
  /** Their argument and ours. Arguments of ours that are not named cannot be given. */
  readonly fields: Readonly<Record<string, string>>
  /** What their tool always means. */
  readonly always?: Readonly<Record<string, unknown>>
}

/**
 * The tools of the programs that Muster stands in for, so that what was written for them finds them; in the profile `full` only.
 * Where one of them has a name of ours (`ask`, `broadcast`, `set_description`), ours is meant.
 */
export const ALIASES: Readonly<Record<string, Alias>> = {
  // Repowire
  whoami: { tool: 'boot', fields: {} },
  list_peers: { tool: 'peers', fields: { show_offline: 'offline' } },
  notify_peer: { tool: 'notify', fields: { peer_name: 'to', message: 'text' } },
  wait_on_ack: { tool: 'wait', fields: { correlation_id: 'ticket', timeout_seconds: 'seconds' } },
  ack: { tool: 'reply', fields: { correlation_id: 'thread', message: 'text' }, always: { how: 'answer' } },
  answer: { tool: 'reply', fields: { correlation_id: 'thread', text: 'text' }, always: { how: 'answer' } },
  decline: { tool: 'reply', fields: { correlation_id: 'thread', reason: 'text' }, always: { how: 'decline' } },
  schedule_create: { tool: 'schedule', fields: { to_peer: 'to', text: 'text', fire_at: 'at', kind: 'kind' } },
  schedule_cron: { tool: 'schedule', fields: { to_peer: 'to', text: 'text', cron: 'cron', kind: 'kind' } },
  schedule_self: { tool: 'schedule', fields: { text: 'text', fire_at: 'at', cron: 'cron', kind: 'kind' } },
  schedule_list: { tool: 'schedules', fields: {} },
  schedule_delete: { tool: 'schedules', fields: { id: 'cancel' } },
  claim_orchestrator_role: { tool: 'lead', fields: {}, always: { how: 'claim' } },
  // Brainclaw
  bclaw_list_agents: { tool: 'peers', fields: {} },
  bclaw_who: { tool: 'peers', fields: {} },
  bclaw_read_inbox: { tool: 'inbox', fields: { limit: 'limit' } },
  bclaw_send_message: { tool: 'notify', fields: { to: 'to', text: 'text' } },
  bclaw_get_thread: { tool: 'thread', fields: { thread_id: 'thread' } },
  // Agent workshop
  agents: { tool: 'peers', fields: {} },
  cast: { tool: 'ask', fields: { agent: 'to', prompt: 'text' }, always: { wait: 0 } },
}

/** The tool that an alias is, with its own input schema. */
export function aliasTool(name: string, { tool, fields, always = {} }: Alias, tools: readonly Tool[]): Tool {
  const target = tools.find((candidate) => candidate.name === tool)
  if (!target) throw new Error(`The alias ${name} means ${tool}, which is no tool`)
  const shape = Object.fromEntries(Object.entries(fields).map(([theirs, ours]) => [theirs, fieldOf(target, ours)]))
  return {
    ...target,
    name,
    title: `${target.title} (${name})`,
    description: `Another name of ${tool}.`,
    profile: 'full',
    input: z.strictObject(shape),
    run: (port, input) => target.run(port, target.input.parse({ ...always, ...ours(fields, input as Readonly<Record<string, unknown>>) })),
  }
}

function fieldOf(target: Tool, name: string): z.ZodType {
  const field = target.input.shape[name] as z.ZodType | undefined
  if (!field) throw new Error(`${target.name} has no argument ${name}`)
  return field
}

function ours(fields: Readonly<Record<string, string>>, input: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(input).map(([theirs, value]) => [fields[theirs] ?? theirs, value]))
}
