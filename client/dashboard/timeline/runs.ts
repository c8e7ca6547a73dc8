import type { Listed, Part } from './said.ts'

/** Fewer stand as they are. */
const FEWEST = 4

/** One event, or at least four of one minute that say the same: somebody said something to the same peer, or acked something. */
export interface Run {
  /** In their order. */
  readonly events: Group
  /** Where they are several, behind the name of whoever did it: "told reviewer 20 things". */
  readonly summary: readonly Part[] | undefined
}

type Group = readonly [Listed, ...Listed[]]

/** Puts together what would be the same line many times, where the first of it stood. */
export function runsOf(events: readonly Listed[]): Run[] {
  const groups = groupsOf(events)
  return events.flatMap((event): Run[] => {
    const group = groups.get(event) ?? [event]
    if (group.length < FEWEST) return [{ events: [event], summary: undefined }]
    return group[0] === event ? [{ events: group, summary: summaryOf(group) }] : []
  })
}

/** Events that follow each other and are of one kind. What is said and its receipts take turns, so neither ends the other. */
function groupsOf(events: readonly Listed[]): ReadonlyMap<Listed, Group> {
  const groups = new Map<Listed, Group>()
  let open: { readonly kind: string; readonly group: [Listed, ...Listed[]] }[] = []
  for (const event of events) {
    const kind = kindOf(event)
    const same = open.find((each) => each.kind === kind)
    const group: [Listed, ...Listed[]] = same?.group ?? [event]
    if (same) group.push(event)
    else open = kind === undefined ? [] : [...open.filter((each) => isReceipt(event) !== isReceipt(each.group[0])), { kind, group }]
    groups.set(event, group)
  }
  return groups
}

function isReceipt({ type }: Listed): boolean {
  return type === 'mailbox.acked'
}

/** What must be the same of two events that stand in one line; `undefined` where an event stands by itself. */
function kindOf(event: Listed): string | undefined {
  const { type, at, actor, preview } = event
  const isFrequent = isReceipt(event) || (preview?.to.length === 1 && SUMMARIES[`${type} ${preview.kind}`] !== undefined)
  return isFrequent ? [type, preview?.kind, actor?.id, preview?.to[0]?.id, at.slice(0, 'YYYY-MM-DDThh:mm'.length)].join(' ') : undefined
}

/** What is so frequent that it may be told by its number, by the type of the event and the kind of the message. */
const SUMMARIES: Readonly<Record<string, (to: Part, count: number) => readonly Part[]>> = {
  'thread.opened ask': (to, count) => ['asked', to, `${count} things`],
  'thread.opened notify': (to, count) => ['told', to, `${count} things`],
  'thread.message reply': (to, count) => ['told', to, `${count} more things`],
  'thread.closed answer': (to, count) => [`answered ${count} asks of`, to],
}

function summaryOf(group: Group): Run['summary'] {
  const [{ type, preview }] = group
  if (preview) return SUMMARIES[`${type} ${preview.kind}`]?.(preview.to[0] ?? null, group.length)
  return [`acked ${group.reduce((count, { changed: { acked } }) => count + (Array.isArray(acked) ? acked.length : 0), 0)} deliveries`]
}
