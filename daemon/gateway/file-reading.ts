import type { Output, Parsed, PeerRef } from '../../src/contract/index.ts'
import { MusterError } from '../../src/errors.ts'
import { type ContentFile, fileFacts } from '../artifacts/index.ts'
import type { Caller } from '../caller.ts'
import { refOf, requireLive } from '../peers/index.ts'
import type { Outcome } from '../store/pipeline.ts'
import { type FoundFile, findFile } from '../threads/index.ts'
import type { GatewayDeps } from './deps.ts'

type FileDeps = Pick<GatewayDeps, 'store' | 'artifacts' | 'runner' | 'asMusterError'>

export interface OpenFile extends Pick<FoundFile, 'artifact'> {
  readonly from: PeerRef | null
  readonly content: ContentFile
}

/**
 * A file that the caller may read, open; whoever gets it closes it.
 *
 * @throws MusterError `not_found`
 * @throws Error where the disk has lost the content
 */
export async function openFile({ store, artifacts }: Pick<GatewayDeps, 'store' | 'artifacts'>, caller: Caller, id: string): Promise<OpenFile> {
  requireLive(store, caller)
  const { artifact, senderId } = findFile(store, caller, id)
  // Before anything is waited for: a daemon that stops closes its database.
  const from = refOf(store, senderId)
  try {
    const content = await artifacts.open(artifact.sha256)
    if (content.size === artifact.size) return { artifact, from, content }
    await content.close()
  } catch (error) {
    if (!store.db.open) throw new MusterError('shutting_down')
    // It may have been dropped in between.
    findFile(store, caller, id)
    throw error
  }
  throw new Error(`The content ${artifact.sha256} does not have the ${artifact.size} bytes that were uploaded`)
}

/** `artifacts.read`: settles once with a part of a file. */
export function readPart(deps: FileDeps, caller: Caller, input: Parsed<'artifacts.read'>, settle: (outcome: Outcome<Output<'artifacts.read'>>) => void): void {
  partOf(deps, caller, input).then(
    (value) => settle({ ok: true, value }),
    (error: unknown) => {
      const refusal = deps.asMusterError(error)
      deps.runner.count(refusal)
      settle({ ok: false, error: refusal })
    },
  )
}

async function partOf(deps: FileDeps, caller: Caller, { artifact: id, offset, limit }: Parsed<'artifacts.read'>): Promise<Output<'artifacts.read'>> {
  const { artifact, from, content } = await openFile(deps, caller, id)
  try {
    const bytes = await content.read(offset, limit)
    const end = offset + bytes.length
    const file = { id, ...fileFacts(artifact) }
    return { file, from, data: bytes.toString('base64'), next: end < artifact.size ? end : null }
  } finally {
    await content.close()
  }
}

/** A frame is text and holds a megabyte: files come over HTTP. */
export function refuseUpload(): never {
  throw new MusterError('invalid_input', { hint: 'Upload with POST /v1/artifacts?name=<name>; the body is the file.' })
}
