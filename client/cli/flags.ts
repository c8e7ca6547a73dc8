/** One option of a command; its name is its key in `Command.flags`. */
export interface Flag {
  readonly type: 'boolean' | 'string'
  readonly short?: string
  /** It may be given several times. */
  readonly repeats?: true
  /** What stands for the value in help; only for strings. */
  readonly value?: string
  readonly summary: string
  /** The words that it may be, where they are few; for completion. */
  readonly values?: readonly string[]
}

/** The flags that every command takes. */
export const GLOBAL_FLAGS = {
  json: { type: 'boolean', summary: 'One JSON document on stdout ({"v":1,…}); streams print one a line' },
  as: { type: 'string', value: 'name', summary: 'Act as this peer (MUSTER_AS; default cli-<your user name>)' },
  url: { type: 'string', value: 'url', summary: 'Another daemon (MUSTER_URL); it needs MUSTER_TOKEN' },
  help: { type: 'boolean', short: 'h', summary: 'What the command does, with examples' },
} as const satisfies Record<string, Flag>
