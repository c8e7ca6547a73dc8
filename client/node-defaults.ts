import { randomUUID } from 'node:crypto'
import { mkdir, open, readFile, rename, rm } from 'node:fs/promises'
import { homedir } from 'node:os'
import { dirname } from 'node:path'
import { musterPaths } from '../src/paths.ts'
import { DEFAULT_PORT } from '../src/rpc.ts'
import type { CredentialStore } from './credentials.ts'
import type { JoinOptions } from './join.ts'

/** Where a daemon listens that was not told otherwise. */
const USUAL_URL = `http://127.0.0.1:${DEFAULT_PORT}`

/** What the environment says about this peer and its daemon. The only place of the SDK that reads it. */
export async function nodeDefaults(options: JoinOptions) {
  const { env } = process
  const paths = musterPaths(env, homedir())
  const name = options.name ?? env['MUSTER_AS']
  const { url = env['MUSTER_URL'] } = options
  const elsewhere = await remoteHost(typeof url === 'function' ? await url() : url, paths.daemonFile)
  return {
    options: name === undefined ? {} : { name, credentials: fileCredentials(paths.peerToken(elsewhere ? `${name}@${elsewhere}` : name)) },
    /** Read anew each time: a restarted daemon may listen elsewhere. */
    url: async (): Promise<string> => env['MUSTER_URL'] ?? (await runningDaemon(paths.daemonFile)) ?? USUAL_URL,
    enrolment: async (): Promise<string | undefined> => env['MUSTER_TOKEN'] ?? (elsewhere ? undefined : await readText(paths.enrolmentToken)),
  }
}

/** The host of another daemon than the one of this user's files, as a part of a file's name; `undefined` where it is that one. */
async function remoteHost(url: string | undefined, daemonFile: string): Promise<string | undefined> {
  if (url === undefined) return undefined
  const local = (await runningDaemon(daemonFile)) ?? USUAL_URL
  return hostOf(local) === hostOf(url) ? undefined : hostOf(url).replace(':', '_')
}

/** Two spellings of this machine's loopback address count as one. */
function hostOf(url: string): string {
  return new URL(url).host.replace(/^(localhost|\[::1\])(?=:|$)/, '127.0.0.1')
}

/** Keeps a credential in a file that only this user can read. */
export function fileCredentials(path: string): CredentialStore {
  return { where: path, load: () => readText(path), save: (token) => writePrivate(path, `${token}\n`) }
}

async function runningDaemon(path: string): Promise<string | undefined> {
  const text = await readText(path)
  return text === undefined ? undefined : (JSON.parse(text) as { readonly url: string }).url
}

async function readText(path: string): Promise<string | undefined> {
  try {
    return (await readFile(path, 'utf8')).trim() || undefined
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
}

/** Whole or not at all, also after a power cut: a lost credential would leave a name that nobody can use. */
async function writePrivate(path: string, text: string): Promise<void> {
  await mkdir(dirname(path), { recursive: true, mode: 0o700 })
  const temporary = `${path}.${randomUUID()}`
  try {
    const file = await open(temporary, 'wx', 0o600)
    try {
      await file.writeFile(text)
      await file.sync()
    } finally {
      await file.close()
    }
    await rename(temporary, path)
  } catch (error) {
    await rm(temporary, { force: true })
    throw error
  }
}
