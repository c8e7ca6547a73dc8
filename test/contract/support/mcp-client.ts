import { type CallToolResult, Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client'

/** The revisions that the daemon serves: the last with sessions and a handshake, and the first without. */
export const REVISIONS = ['2025-11-25', '2026-07-28'] as const
export type Revision = (typeof REVISIONS)[number]

export interface McpOptions {
  readonly revision?: Revision
  readonly profile?: string
}

/** A program that speaks MCP over HTTP as the official client does, for one peer. */
export class McpClient implements AsyncDisposable {
  readonly client: Client
  readonly #transport: StreamableHTTPClientTransport

  private constructor(client: Client, transport: StreamableHTTPClientTransport) {
    this.client = client
    this.#transport = transport
  }

  static async connect(url: string, token: string, { revision = '2026-07-28', profile }: McpOptions = {}): Promise<McpClient> {
    const client = new Client({ name: 'contract-test', version: '1' }, revision === '2026-07-28' ? { versionNegotiation: { mode: 'auto' } } : {})
    const address = new URL(`${url}/mcp`)
    if (profile !== undefined) address.searchParams.set('profile', profile)
    const transport = new StreamableHTTPClientTransport(address, { requestInit: { headers: { authorization: `Bearer ${token}` } } })
    await client.connect(transport)
    if (client.getNegotiatedProtocolVersion() !== revision) throw new Error(`Speaks ${client.getNegotiatedProtocolVersion()}`)
    // The client holds results to the schemas that it has listed.
    await client.listTools()
    return new McpClient(client, transport)
  }

  /** A tool's result, which may be an error that it tells. */
  call(name: string, args: Record<string, unknown> = {}, options: { readonly key?: string; readonly signal?: AbortSignal } = {}): Promise<CallToolResult> {
    const meta = options.key === undefined ? {} : { _meta: { 'muster/key': options.key } }
    return this.client.callTool({ name, arguments: args, ...meta }, { ...(options.signal && { signal: options.signal }) })
  }

  /** What a tool says where it does what it is asked. @throws Error with what it says where it does not */
  async ok(name: string, args: Record<string, unknown> = {}, options: { readonly key?: string } = {}): Promise<Said> {
    const result = await this.call(name, args, options)
    if (result.isError) throw new Error(textOf(result))
    return { text: textOf(result), structured: (result.structuredContent ?? {}) as Record<string, unknown> }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.client.close()
    await this.#transport.close()
  }
}

export interface Said {
  readonly text: string
  readonly structured: Readonly<Record<string, unknown>>
}

export function textOf({ content }: CallToolResult): string {
  const [only, ...others] = content
  if (only?.type !== 'text' || others.length > 0) throw new Error('Expected one text')
  return only.text
}

/** The threads that a text shows in its envelopes, in order. */
export function threadsIn(text: string): string[] {
  return [...text.matchAll(/^<[a-z-]+ [^>\n]*\bthread="(thr_\w+)"/gm)].map(([, id]) => id as string)
}

/** Lets the loop turn until something is so: states are waited for, never times. */
export async function until(isSo: () => boolean): Promise<void> {
  const giveUpAt = performance.now() + 20_000
  while (!isSo()) {
    if (performance.now() > giveUpAt) throw new Error('Waited in vain')
    await new Promise((resolve) => setImmediate(resolve))
  }
}
