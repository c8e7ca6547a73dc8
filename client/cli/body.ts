import { createReadStream } from 'node:fs'
import { MusterError } from '../../src/errors.ts'
import { LIMITS } from '../../src/limits.ts'
import type { Environment } from './environment.ts'
import { CliError, usageError } from './failure.ts'
import type { Flag } from './flags.ts'

export interface BodySource {
  /** The body itself, or `-` for stdin. */
  readonly word: string | undefined
  /** `--file`; `-` is stdin here too. */
  readonly file: string | undefined
  /** What the text is called in messages: body, reason. */
  readonly what: string
}

/** `--file`, for {@link readBody}. */
export function fileFlag(what: string) {
  return { type: 'string', short: 'f', value: 'path', summary: `Read the ${what} from a file` } as const satisfies Flag
}

/**
 * Reads a text from an argument, a file or stdin, exactly as it is.
 *
 * Stdin is read only where `-` asks for it: under another program it may be a pipe that never ends.
 */
export async function readBody({ word, file, what }: BodySource, environment: Environment): Promise<string> {
  if (word !== undefined && file !== undefined) throw usageError(`the ${what} is given twice`, `Give it as an argument or with --file, not both.`)
  if (word === undefined && file === undefined) {
    throw usageError(`the ${what} is missing`, `Give it in quotes, with --file <path>, or with - to read stdin.`)
  }
  const text = word === '-' || file === '-' ? await readAll(environment.stdin, 'stdin') : file !== undefined ? await readFileText(file) : (word ?? '')
  if (text === '') throw usageError(`the ${what} is empty`, 'Say something.')
  if (Buffer.byteLength(text) > LIMITS.maxBodyBytes) throw tooLarge()
  return text
}

async function readFileText(path: string): Promise<string> {
  try {
    return await readAll(createReadStream(path), path)
  } catch (cause) {
    throw asUnreadable(path, cause)
  }
}

/** Why a file of this machine could not be read, in the words of a command line. */
export function asUnreadable(path: string, cause: unknown): unknown {
  const code = cause instanceof Error && 'code' in cause ? cause.code : undefined
  if (code === 'ENOENT') return new CliError('file_not_found', `there is no file ${path}`, { cause })
  if (code === 'EACCES' || code === 'EISDIR') return new CliError('file_unreadable', `${path} cannot be read (${code})`, { cause })
  return cause
}

/** Stops at the limit: what comes through a pipe may have no end. */
async function readAll(source: AsyncIterable<Uint8Array | string>, name: string): Promise<string> {
  const chunks: Buffer[] = []
  let bytes = 0
  for await (const chunk of source) {
    const buffer = Buffer.from(chunk)
    bytes += buffer.length
    if (bytes > LIMITS.maxBodyBytes) throw tooLarge()
    chunks.push(buffer)
  }
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(Buffer.concat(chunks))
  } catch (cause) {
    throw new CliError('invalid_utf8', `${name} is not UTF-8 text`, { hint: 'A body is text; send other files with --attach.', cause })
  }
}

function tooLarge(): MusterError {
  const limit = LIMITS.maxBodyBytes
  return new MusterError('too_large', { limit, hint: `At most ${limit} bytes: send it as a file, with --attach.` })
}
