import * as z from 'zod'
import { ALIASES, aliasTool } from './aliases.ts'
import { ask, askWithTask, wait } from './asking.ts'
import { attachment } from './attachment.ts'
import { decision, decisions, requestApproval } from './deciding.ts'
import { digest } from './digesting.ts'
import { broadcast, fan } from './fanning.ts'
import * as finding from './finding.ts'
import * as leading from './leading.ts'
import { boot, inbox, inboxWithRecall } from './mail.ts'
import * as overview from './overview.ts'
import { memory } from './remembering.ts'
import * as rest from './rest.ts'
import * as reviewing from './reviewing.ts'
import { peers, setDescription } from './roll.ts'
import { schedule, schedules } from './scheduling.ts'
import { notify, reply } from './speaking.ts'
import { PROFILES, type Profile, type Tool, type ToolHints } from './tool.ts'
import { watchdog } from './watching.ts'

/** Every tool of our own, the most used first. */
export const TOOLS: readonly Tool[] = [
  boot,
  peers,
  ask,
  reply,
  notify,
  inbox,
  wait,
  attachment,
  setDescription,
  schedule,
  schedules,
  fan,
  broadcast,
  reviewing.reviewQueue,
  reviewing.markReviewed,
  reviewing.reviewRequest,
  reviewing.reviewAssign,
  reviewing.review,
  decision,
  requestApproval,
  decisions,
  digest,
  watchdog,
  overview.threads,
  overview.thread,
  overview.trace,
  finding.search,
  finding.why,
  overview.owed,
  overview.cancel,
  overview.pairs,
  overview.releasePairTool,
  leading.status,
  leading.lead,
  leading.handover,
  reviewing.reviews,
  reviewing.reviewComment,
  reviewing.reviewWithdraw,
  rest.status,
  rest.circles,
  rest.grants,
  rest.peek,
  rest.deadLetters,
  rest.replay,
  rest.discard,
  rest.rename,
  rest.retire,
  rest.redact,
  rest.events,
  finding.timeline,
  memory,
]

/** Tools that take more from a profile on than under the same name before it. */
const WIDER: readonly Tool[] = [inboxWithRecall, askWithTask]

/** A tool as `tools/list` shows it. */
export interface ListedTool {
  readonly name: string
  readonly title: string
  readonly description: string
  readonly inputSchema: { readonly type: 'object'; readonly [keyword: string]: unknown }
  readonly outputSchema: { readonly type: 'object'; readonly [keyword: string]: unknown }
  readonly annotations: ToolHints
}

/** The tools of a profile, by name. */
export interface ToolSet {
  readonly profile: Profile
  readonly tools: ReadonlyMap<string, Tool>
  readonly listed: readonly ListedTool[]
}

const sets = new Map<Profile, ToolSet>()

/** The tools of a profile; made once, since a list of schemas is work. */
export function toolSet(profile: Profile): ToolSet {
  const known = sets.get(profile)
  if (known) return known
  const reach = PROFILES.indexOf(profile)
  const aliases = profile === 'full' ? Object.entries(ALIASES).map(([name, alias]) => aliasTool(name, alias, TOOLS)) : []
  const isReached = (tool: Tool): boolean => PROFILES.indexOf(tool.profile) <= reach
  const widest = (tool: Tool): Tool => WIDER.find((wider) => wider.name === tool.name && isReached(wider)) ?? tool
  const tools = [...TOOLS.filter(isReached).map(widest), ...aliases]
  const made: ToolSet = { profile, tools: new Map(tools.map((tool) => [tool.name, tool])), listed: tools.map(listTool) }
  sets.set(profile, made)
  return made
}

function listTool({ name, title, description, input, output, annotations }: Tool): ListedTool {
  return { name, title, description, inputSchema: schemaOf(input, 'input'), outputSchema: schemaOf(output, 'output'), annotations }
}

/**
 * A schema with what a model has use for. Patterns go: an id shows by its name what it is, and what is refused says why. So do
 * the bounds that every whole number has, and on results the promise that nothing more will ever be in them.
 */
function schemaOf(type: z.ZodObject, io: 'input' | 'output'): ListedTool['inputSchema'] {
  const override = ({ jsonSchema }: { readonly jsonSchema: Record<string, unknown> }) => {
    delete jsonSchema['pattern']
    if (io === 'output') delete jsonSchema['additionalProperties']
    for (const bound of ['minimum', 'maximum']) if (Math.abs(Number(jsonSchema[bound])) === Number.MAX_SAFE_INTEGER) delete jsonSchema[bound]
  }
  const { $schema: _, ...schema } = z.toJSONSchema(type, { io, override })
  return schema as ListedTool['inputSchema']
}
