import { createECDH } from 'node:crypto'
import { linkSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'

/**
 * The public half of the key by which push services know this node (VAPID, RFC 8292). The pair is made where there is none yet, in a file that its owner alone may
 * read; the service that signs with it reads the other half there. Browsers bind a subscription to the key: a lost file ends them all.
 *
 * @throws Error where the file cannot be read or written, or holds no such pair
 */
export function pushKeyIn(path: string): string {
  const there = read(path)
  if (there !== undefined) return there
  const pair = createECDH('prime256v1')
  const publicKey = pair.generateKeys('base64url', 'uncompressed')
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 })
  const temporary = `${path}.${process.pid}.tmp`
  writeFileSync(temporary, `${JSON.stringify({ publicKey, privateKey: pair.getPrivateKey('base64url') })}\n`, { mode: 0o600 })
  try {
    // A link never replaces one that came meanwhile.
    linkSync(temporary, path)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
  } finally {
    rmSync(temporary, { force: true })
  }
  return read(path) ?? publicKey
}

function read(path: string): string | undefined {
  let text: string
  try {
    text = readFileSync(path, 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
  const { publicKey } = JSON.parse(text) as { readonly publicKey?: unknown }
  if (typeof publicKey !== 'string' || publicKey.length !== 87) throw new Error(`${path} holds no key for push messages`)
  return publicKey
}
