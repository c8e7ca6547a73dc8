import type { Input, OperationName, Output, Peer } from '../../src/contract/index.ts'
import { MusterError } from '../../src/errors.ts'
import type { PortFiles, PortMemory, Receipt, ToolPort } from '../../src/tools/port.ts'
import { noteHanded } from '../agents/memory.ts'
import type { SessionLink } from '../agents/session-link.ts'
import { filesUrl } from '../attachments.ts'
import { ClientError } from '../client-error.ts'
import { WorkspaceMemory } from '../workspace/workspace-memory.ts'
import { FolderFiles } from './folder-files.ts'

/** A session as one bridge serves it. */
export interface ServedSession {
  readonly link: SessionLink
  /** Its place in its mailbox, as the last result said that reached the model. */
  cursor: string | undefined
}

/** How long a call goes on without the daemon: a restart takes less. */
const PATIENCE_MS = 20_000
const WITHOUT_IT = 'Go on without it; `muster up` starts it.'

/** A tool call's way to the daemon, over the session's connection. */
export class SessionPort implements ToolPort {
  readonly key: string
  readonly signal: AbortSignal
  readonly files: PortFiles
  readonly memory: PortMemory
  readonly #served: ServedSession

  constructor(served: ServedSession, key: string, signal: AbortSignal) {
    this.#served = served
    this.key = key
    this.signal = signal
    const { session } = served.link
    const { cwd, door } = session.options
    this.memory = new WorkspaceMemory(cwd, () => this.self(), Date.now)
    this.files = new FolderFiles(cwd, async () => ({ url: filesUrl(door.url()), token: await session.current() }))
  }

  get cursor(): string | undefined {
    return this.#served.cursor
  }

  async call<N extends OperationName>(operation: N, input: Input<N>): Promise<Output<N>> {
    const { link } = this.#served
    try {
      const output = await link.call(operation, input, { signal: this.signal, patienceMs: PATIENCE_MS })
      if (operation === 'mailbox.inbox') noteInbox(link, output as Output<'mailbox.inbox'>)
      return output
    } catch (error) {
      throw asMusterError(error)
    }
  }

  async self(): Promise<Peer> {
    const { link } = this.#served
    if (!link.hello) await this.call('node.ping', {})
    const you = link.hello?.you
    if (you?.kind !== 'peer') throw new MusterError('forbidden', { hint: 'The credential of this session is no peer’s.' })
    return (await this.call('peers.get', { peer: you.peer.id })).peer
  }

  /** A result is on its way to the model. */
  received({ cursor, shown = [] }: Receipt): void {
    const { link } = this.#served
    if (cursor !== undefined) this.#served.cursor = cursor
    // Where this fails, the messages are delivered once more.
    if (shown.length > 0) link.call('mailbox.ack', { deliveries: [...shown] }, { patienceMs: PATIENCE_MS }).catch(() => undefined)
  }
}

/** For the hooks of the session, which prove from its transcript what was seen. */
function noteInbox({ session: { files } }: SessionLink, { items }: Output<'mailbox.inbox'>): void {
  noteHanded(
    files,
    items.filter(({ owed }) => !owed).map(({ message }) => message.id),
  )
}

/** What the model is told, so that its turn goes on. */
function asMusterError(error: unknown): unknown {
  if (!(error instanceof ClientError)) return error
  if (error.code === 'closed' && error.cause instanceof MusterError) return error.cause
  if (error.code === 'aborted') return new MusterError('unavailable', { hint: 'What was asked for may still happen.' }, { message: 'The call took too long.' })
  return new MusterError('unavailable', { hint: WITHOUT_IT }, { message: 'The Muster daemon cannot be reached.' })
}
