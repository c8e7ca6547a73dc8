/** What a model is sent, whichever wire API it came by. */
export interface Conversation {
  /** Answers that the model has given so far in it: the script goes on from there, so a resumed session does too. */
  readonly turns: number
  /** Everything that is not the model's own, in order: system prompt, what the user typed, what hooks added, results of tools. */
  readonly texts: readonly string[]
  /** The part of `texts` that came after the model's last answer. */
  readonly newest: string
  /** The tools on offer, under the names that the model must use. */
  readonly tools: readonly OfferedTool[]
}

export interface OfferedTool {
  readonly name: string
  /** Codex groups the tools of a server, and a call has to name the group. */
  readonly namespace?: string
}

export type Entry = { readonly by: 'model' } | { readonly by: 'other'; readonly text: string }

/** Sums up entries in the order of the request. Neighbouring entries of the model are one answer of it. */
export function conversationOf(entries: readonly Entry[], tools: readonly OfferedTool[]): Conversation {
  const answers = entries.filter(({ by }, index) => by === 'model' && entries[index - 1]?.by !== 'model')
  const lastAnswer = entries.findLastIndex(({ by }) => by === 'model')
  const textsOf = (some: readonly Entry[]) => some.flatMap((entry) => (entry.by === 'other' ? [entry.text] : []))
  return { turns: answers.length, texts: textsOf(entries), newest: textsOf(entries.slice(lastAnswer + 1)).join('\n'), tools }
}

/**
 * The offered tool that a script means by `server` and `name`. Every runtime spells it in its own way: `mcp__S__N`, `mcp__plugin_P_S__N`, a namespace
 * `mcp__S`, `mcp_S_N`, `S_N`; a tool of the runtime itself has its bare name.
 */
export function findTool(tools: readonly OfferedTool[], name: string, server: string): OfferedTool | undefined {
  const spellings = [`mcp__${server}__${name}`, `mcp_${server}_${name}`, `${server}_${name}`, `${server}-${name}`]
  return (
    tools.find((tool) => tool.namespace === undefined && (spellings.includes(tool.name) || tool.name.endsWith(`_${server}__${name}`))) ??
    tools.find((tool) => tool.namespace === `mcp__${server}` && tool.name === name) ??
    tools.find((tool) => tool.namespace === undefined && tool.name === name)
  )
}
