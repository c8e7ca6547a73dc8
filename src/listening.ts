import type { DaemonSettings } from './settings.ts'

const LOOPBACK: ReadonlySet<string> = new Set(['127.0.0.1', '::1', 'localhost'])

/** Why settings that are fine one by one do not go together; `undefined` where they do. */
export function conflictOf({ host, trustedProxy }: Pick<DaemonSettings, 'host' | 'trustedProxy'>): string | undefined {
  if (LOOPBACK.has(host) || trustedProxy) return undefined
  const proxy = 'Put a proxy that terminates TLS in front and set "trustedProxy": true'
  return `host ${host} is not a loopback address. ${proxy}, or use 127.0.0.1 and set tlsCert, with which it listens elsewhere as well.`
}
