import type { ForgeSetting } from '../../src/forges.ts'
import { readSecret, SecretError } from '../services/secrets.ts'
import { ForgeError } from './forge.ts'

/**
 * The token that a setting refers to; `undefined` where it refers to none.
 *
 * @throws ForgeError `refused` where there is none, or where others than its owner may read the file
 */
export async function readForgeToken(reference: ForgeSetting['token'], env: Readonly<Record<string, string | undefined>>): Promise<string | undefined> {
  if (reference === undefined) return undefined
  try {
    return await readSecret(reference, env)
  } catch (error) {
    throw error instanceof SecretError ? new ForgeError('refused', error.message) : error
  }
}
