import { get } from 'node:http'

/** What `/health` says; only a Muster daemon answers in this form. */
export interface Health {
  readonly version: string
  readonly pid: number
}

const ANSWER_TIMEOUT_MS = 2_000
const MAX_ANSWER_CHARS = 10_000

/** Asks a daemon for its health; `undefined` where nobody answers, or not in the form of a Muster daemon. */
export async function askHealth(url: string): Promise<Health | undefined> {
  const answer = await httpGet(new URL('/health', url))
  if (answer?.status !== 200) return undefined
  try {
    const { version, pid } = JSON.parse(answer.text) as { version?: unknown; pid?: unknown }
    return typeof version === 'string' && typeof pid === 'number' ? { version, pid } : undefined
  } catch {
    // Another program that answers on that port.
    return undefined
  }
}

export async function isReady(url: string): Promise<boolean> {
  return (await httpGet(new URL('/ready', url)))?.status === 200
}

/** node:http, since the first use of fetch() alone costs as long as a whole command. */
function httpGet(url: URL): Promise<{ readonly status: number; readonly text: string } | undefined> {
  return new Promise((resolve) => {
    const request = get(url, { agent: false, timeout: ANSWER_TIMEOUT_MS }, (response) => {
      let text = ''
      response.setEncoding('utf8')
      response.on('data', (chunk: string) => {
        text += chunk
        if (text.length > MAX_ANSWER_CHARS) request.destroy()
      })
      response.on('end', () => resolve({ status: response.statusCode ?? 0, text }))
      response.on('error', () => resolve(undefined))
    })
    request.on('timeout', () => request.destroy())
    request.on('error', () => resolve(undefined))
    request.on('close', () => resolve(undefined))
  })
}
