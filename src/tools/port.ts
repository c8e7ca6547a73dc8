import type { Input, OperationName, Output, Peer } from '../contract/index.ts'
import { LIMITS } from '../limits.ts'
import type { Recalled } from './recall.ts'

/** No call of a tool waits longer, in milliseconds: runtimes give up on a tool after 60 s. */
export const MAX_TOOL_WAIT_MS = 48_000

/** Files of the agent's own folder, and of nothing outside it. */
export interface PortFiles {
  /** Uploads one; returns its id. @throws MusterError */
  upload(path: string): Promise<string>
  /** Writes an attachment to a new file. @throws MusterError */
  save(id: string, path: string): Promise<void>
}

/** A note as a tool shows it. */
export interface PortNote {
  /** Its name. */
  readonly note: string
  readonly title: string
  readonly kind: string
  readonly updated: string
  readonly expires?: string | undefined
  readonly source?: string | undefined
  readonly tags: readonly string[]
  readonly body: string
  /** Changes with every edit. */
  readonly version: string
}

/** What a tool may write into a note; what is left out stays, or is as it is without. */
export interface PortDraft {
  readonly title: string
  readonly body?: string | undefined
  readonly kind?: string | undefined
  readonly tags?: readonly string[] | undefined
  readonly source?: string | undefined
  readonly expires?: string | undefined
  /** Changes the note that has this version, in place of making one. */
  readonly version?: string | undefined
}

/** The memory of the workspace in which an orchestrator works. Every method throws MusterError, `forbidden` for anybody else. */
export interface PortMemory {
  /** What to be reminded of, the most important first. */
  recall(about: string): Promise<readonly Recalled[]>
  /** The best first. */
  search(words: string): Promise<readonly { readonly note: PortNote; readonly snippet: string }[]>
  show(note: string): Promise<PortNote>
  /** Also what should not stay so, in a line each. */
  write(draft: PortDraft): Promise<{ readonly note: PortNote; readonly findings: readonly string[] }>
  /** Moves it out of the memory; returns where it is now. */
  forget(note: string): Promise<string>
}

/** What a tool call has of the daemon, through whichever door it came. */
export interface ToolPort {
  /** Unique to this tool call and the same when it is repeated; at most {@link MAX_PORT_KEY_CHARS} visible ASCII characters. */
  readonly key: string
  /** Aborted when nobody waits for the result any more. */
  readonly signal: AbortSignal
  /** Where this session stands in its mailbox, as the last receipt said; `undefined` at first. */
  readonly cursor: string | undefined
  /** The files where the agent works; `undefined` where the door is not on its machine. */
  readonly files?: PortFiles
  /** `undefined` where the door is not on the agent's machine. */
  readonly memory?: PortMemory
  /** @throws MusterError */
  call<N extends OperationName>(operation: N, input: Input<N>): Promise<Output<N>>
  /** The peer that calls, as it is now. */
  self(): Promise<Peer>
}

/** What becomes true once a result is on its way to the model, and only then. */
export interface Receipt {
  /** The session's new place in its mailbox. */
  readonly cursor?: string
  /** Deliveries whose messages the result shows; the door acks them. */
  readonly shown?: readonly string[]
}

/** What a tool says: an object and the same facts as text, since some models see only the one and some only the other. */
export interface ToolResult<Structured> {
  readonly structured: Structured
  readonly text: string
  readonly receipt?: Receipt
}

/** Longest suffix that {@link commandKey} adds. */
const KEY_SUFFIX_CHARS = 4
export const MAX_PORT_KEY_CHARS = LIMITS.maxKeyChars - KEY_SUFFIX_CHARS

/** The idempotency key of one command of a tool call: a repeated call sends the same commands under the same keys. */
export function commandKey(port: ToolPort, part = 0): { readonly key: string } {
  return { key: `${port.key}.${part}` }
}
