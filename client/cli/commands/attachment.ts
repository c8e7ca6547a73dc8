import { expectId, expectWords } from '../arguments.ts'
import { translate } from '../caller.ts'
import type { Command, Invocation } from '../command.ts'
import { EXIT } from '../exit-codes.ts'
import { CliError, usageError } from '../failure.ts'
import { nearest } from '../nearest.ts'
import { openPeer } from '../open-caller.ts'
import { safeLine } from '../text.ts'
import { relativeTime } from '../when.ts'

const MAX_LISTED = 200

export const command: Command = {
  usage: ['attachment get <id> --out <path>', 'attachment get <id> > <path>', 'attachment list'],
  about: [
    'Files that messages carry. `get` writes one to the path that you say, and to no other: what its sender called it is shown and never used.',
    'A file that exists is not overwritten. `list` shows what you uploaded and how much room that takes.',
  ],
  flags: { out: { type: 'string', short: 'o', value: 'path', summary: 'get: the new file to write' } },
  examples: [
    ['muster attachment get att_k7qm2x4 --out trace.log', 'into a new file'],
    ['muster attachment get att_k7qm2x4 | less', 'into another program'],
    ['muster attachment list', 'what you uploaded'],
  ],
  run: attachment,
}

const ACTIONS: Readonly<Record<string, (invocation: Invocation) => Promise<number>>> = { get, list }

async function attachment(invocation: Invocation): Promise<number> {
  const [action, ...words] = invocation.words
  const act = action !== undefined && Object.hasOwn(ACTIONS, action) ? ACTIONS[action] : undefined
  if (act) return await act({ ...invocation, words })
  const near = action === undefined ? undefined : nearest(action, Object.keys(ACTIONS))
  const hint = near ? `Did you mean muster attachment ${near}?` : `Expected one of: ${Object.keys(ACTIONS).join(', ')}.`
  throw usageError(action === undefined ? '<action> is missing' : `muster attachment has no "${action}"`, hint)
}

async function get(invocation: Invocation): Promise<number> {
  const { flags, words, out, environment } = invocation
  expectWords(words, ['id'], 'attachment get <id> --out <path>')
  const id = expectId(words[0] ?? '', ['attachment', 'artifact'])
  const path = flags.text('out')
  // It may hold what a terminal acts on, and a document has no room for bytes.
  if (path === undefined && (environment.stdout.isTTY || out.json)) throw usageError('a file does not go to the terminal', 'Give --out <path>, or pipe it.')
  const caller = await openPeer(invocation)
  try {
    const { openFile, saveFile } = await import('../../attachments.ts')
    const door = await caller.files()
    if (path === undefined) {
      const { stream } = await openFile(door, id)
      for await (const chunk of stream) environment.stdout.write(Buffer.from(chunk as Uint8Array))
      return EXIT.ok
    }
    const { size, mediaType, sha256 } = await saveFile(door, id, path)
    if (out.json) out.document({ id, path, size, mediaType, sha256 })
    else out.line(`Wrote ${size.toLocaleString('en')} bytes to ${safeLine(path)}.`)
    return EXIT.ok
  } catch (error) {
    throw asUnwritable(path ?? 'stdout', translate(error, true))
  } finally {
    await caller.close()
  }
}

function asUnwritable(path: string, cause: unknown): unknown {
  const code = cause instanceof Error && 'code' in cause ? cause.code : undefined
  if (code === 'EEXIST') return new CliError('file_exists', `${path} exists already`, { hint: 'Give the path of a new file.', cause })
  if (code === 'EACCES' || code === 'EISDIR' || code === 'ENOENT' || code === 'ENOTDIR' || code === 'ENOSPC' || code === 'EROFS')
    return new CliError('file_unwritable', `${path} cannot be written (${code})`, { cause })
  return cause
}

async function list(invocation: Invocation): Promise<number> {
  const { words, out } = invocation
  expectWords(words, [], 'attachment list')
  const caller = await openPeer(invocation)
  const { artifacts, before, room } = await caller.call('artifacts.list', { limit: MAX_LISTED }).finally(caller.close)
  if (out.json) {
    out.document({ artifacts, before, room })
    return EXIT.ok
  }
  out.table(
    ['ARTIFACT', 'NAME', 'TYPE', 'BYTES', 'UPLOADED', 'MESSAGES', 'DROPS'],
    artifacts.map(({ id, name, mediaType, size, uploadedAt, messages, dropsAt }) => [
      id,
      name,
      mediaType,
      size,
      relativeTime(uploadedAt, out.now),
      messages,
      relativeTime(dropsAt, out.now),
    ]),
  )
  out.note(`${room.used.toLocaleString('en')} of ${room.quota.toLocaleString('en')} bytes are taken.`)
  if (before !== null) out.note('There are older ones.')
  return EXIT.ok
}
