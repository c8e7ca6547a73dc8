import { readFile, stat } from 'node:fs/promises'
import type { SecretReference } from '../../src/references.ts'

/** A secret is a line of visible characters; anything else could not stand in a header. */
const SECRET = /^[\x21-\x7e]{1,4096}$/
const OTHERS = 0o077

/** Why there is no secret where one should be; it says where, and nothing of what stands there. */
export class SecretError extends Error {
  override readonly name = 'SecretError'
}

/**
 * The secret that a setting refers to. Read for each use, so that a new one is taken up.
 *
 * @throws SecretError where there is none, or where others than its owner may read the file
 */
export async function readSecret(reference: SecretReference, env: Readonly<Record<string, string | undefined>>): Promise<string> {
  const [text, where] = 'variable' in reference ? [env[reference.variable], `the variable ${reference.variable}`] : await fromFile(reference.file)
  const secret = text?.trim()
  if (!secret) throw new SecretError(`there is no token in ${where}`)
  if (!SECRET.test(secret)) throw new SecretError(`what stands in ${where} is no token`)
  return secret
}

async function fromFile(path: string): Promise<readonly [text: string | undefined, where: string]> {
  const stats = await stat(path).catch(() => undefined)
  if (!stats?.isFile()) throw new SecretError(`there is no file ${path} for its token`)
  if ((stats.mode & OTHERS) !== 0) throw new SecretError(`others may read its token: chmod 600 ${path}`)
  const text = await readFile(path, 'utf8').catch(() => undefined)
  if (text === undefined) throw new SecretError(`${path}, where its token should be, cannot be read`)
  return [text, path]
}
