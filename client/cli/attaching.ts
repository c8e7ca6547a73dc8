import { decodeId } from '../../src/ids.ts'
import type { Flags } from './arguments.ts'
import { asUnreadable } from './body.ts'
import { type Caller, translate } from './caller.ts'
import type { Flag } from './flags.ts'

export const ATTACH_FLAG = {
  attach: { type: 'string', repeats: true, value: 'file', summary: 'Send a file too, or forward one by its id; as often as needed' },
} as const satisfies Record<string, Flag>

/** Uploads what `--attach` names, in order: the part of a send's input that carries it. What looks like an id is one; a file of such a name is `./` and its name. */
export async function attachAll(caller: Caller, flags: Flags): Promise<{ attachments?: string[] }> {
  const given = flags.all('attach')
  if (given.length === 0) return {}
  const attachments: string[] = []
  for (const each of given) attachments.push(isId(each) ? each : await uploadFrom(caller, each))
  return { attachments }
}

function isId(text: string): boolean {
  const kind = decodeId(text)?.kind
  return kind === 'artifact' || kind === 'attachment'
}

async function uploadFrom(caller: Caller, path: string): Promise<string> {
  const { upload } = await import('../attachments.ts')
  const door = await caller.files()
  try {
    return (await upload(door, { path })).id
  } catch (error) {
    throw asUnreadable(path, translate(error, true))
  }
}
