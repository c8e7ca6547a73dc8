import { MusterError } from '../../src/errors.ts'
import { LOOPBACK_HOSTS } from '../../src/references.ts'

/** The push services of the browsers there are: a host, or what ends with it. */
const KNOWN = ['fcm.googleapis.com', '.push.apple.com', '.push.services.mozilla.com', '.notify.windows.com'] as const

/**
 * Refuses an endpoint elsewhere: a device names it, and the daemon's service calls it, so it must not lead into the network of this machine.
 *
 * @returns its host
 * @throws MusterError `invalid_input`
 */
export function requirePushService(endpoint: string, hosts: readonly string[]): string {
  const url = new URL(endpoint)
  const isKnown = KNOWN.some((known) => (known.startsWith('.') ? url.hostname.endsWith(known) : url.hostname === known)) && url.port === ''
  const isNamed = hosts.includes(url.host)
  const isPlain = url.username === '' && url.password === ''
  const isPrivate = url.protocol === 'https:' || (url.protocol === 'http:' && isNamed && LOOPBACK_HOSTS.has(url.hostname))
  if ((isKnown || isNamed) && isPlain && isPrivate) return url.host
  const hint = `Expected an https endpoint at a push service of a known browser, or at a host of the setting pushHosts; ${url.host} is none.`
  throw new MusterError('invalid_input', { field: 'endpoint', hint })
}
