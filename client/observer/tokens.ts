import { readFile, stat } from 'node:fs/promises'
import type { ForgeSetting } from '../../src/forges.ts'
import { ForgeError } from './forge.ts'

/** A token is a line of visible characters; anything else could not stand in a header. */
const TOKEN = /^[\x21-\x7e]{1,4096}$/
const OTHERS = 0o077

/**
 * The token that a setting refers to; `undefined` where it refers to none.
 *
 * @throws ForgeError `refused` where there is none, or where others than its owner may read the file
 */
export async function readForgeToken(reference: ForgeSetting['token'], env: Readonly<Record<string, string | undefined>>): Promise<string | undefined> {
  if (reference === undefined) return undefined
  const [text, where] = 'variable' in reference ? [env[reference.variable], `the variable ${reference.variable}`] : await fromFile(reference.file)
  const token = text?.trim()
  if (!token) throw new ForgeError('refused', `there is no token in ${where}`)
  if (!TOKEN.test(token)) throw new ForgeError('refused', `what stands in ${where} is no token`)
  return token
}

async function fromFile(path: string): Promise<readonly [text: string | undefined, where: string]> {
  const stats = await stat(path).catch(() => undefined)
  if (!stats?.isFile()) throw new ForgeError('refused', `there is no file ${path} for its token`)
  if ((stats.mode & OTHERS) !== 0) throw new ForgeError('refused', `others may read its token: chmod 600 ${path}`)
  const text = await readFile(path, 'utf8').catch(() => undefined)
  if (text === undefined) throw new ForgeError('refused', `${path}, where its token should be, cannot be read`)
  return [text, path]
}
