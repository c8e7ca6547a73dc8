import { DEVICE_HEADER } from '../../../src/rpc.ts'
import { MusterError, type Output } from '../../browser.ts'
import { deviceHalf } from './device.ts'

type Artifact = Output<'artifacts.upload'>['artifact']

/** Uploads a file, so that a message can carry it. @throws MusterError where the daemon refuses it, Error where it cannot be reached */
export async function upload(file: File): Promise<Artifact> {
  const query = new URLSearchParams({ name: file.name })
  const response = await request(`/v1/artifacts?${query}`, { method: 'POST', body: file, headers: { 'content-type': file.type || 'application/octet-stream' } })
  return ((await response.json()) as Output<'artifacts.upload'>).artifact
}

/** What a message carries. @throws MusterError where the daemon refuses it, Error where it cannot be reached */
export async function download(id: string): Promise<Blob> {
  return (await request(`/v1/artifacts/${id}`, {})).blob()
}

async function request(path: string, { headers, ...rest }: RequestInit & { readonly headers?: Record<string, string> }): Promise<Response> {
  const response = await fetch(path, { ...rest, headers: { ...headers, [DEVICE_HEADER]: deviceHalf() ?? '' } }).catch(() => {
    throw new Error('The daemon cannot be reached.')
  })
  if (response.ok) return response
  const body = (await response.json().catch(() => undefined)) as { readonly error?: Parameters<typeof MusterError.fromData>[0] } | undefined
  throw body?.error ? MusterError.fromData(body.error) : new Error(`The daemon answered with ${response.status}.`)
}

const UNITS = ['B', 'kB', 'MB', 'GB']

/** "812 B", "4.2 MB". */
export function sizeInWords(bytes: number): string {
  const power = Math.min(UNITS.length - 1, bytes < 1_000 ? 0 : Math.floor(Math.log10(bytes) / 3))
  const number = bytes / 1_000 ** power
  return `${number >= 100 || power === 0 ? Math.round(number) : number.toFixed(1)} ${UNITS[power]}`
}
