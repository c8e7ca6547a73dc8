/** Where a secret stands; the secret itself is in no setting and in no database. */
export type SecretReference = { readonly file: string } | { readonly variable: string }

/** Names and addresses of this machine alone, as a URL has them: what goes there crosses no network. */
export const LOOPBACK_HOSTS: ReadonlySet<string> = new Set(['127.0.0.1', '[::1]', 'localhost'])

const VARIABLE = /^[A-Za-z_][A-Za-z0-9_]{0,99}$/

export function isSecretReference(value: unknown): value is SecretReference {
  const [[kind, where] = [], ...rest] = isObject(value) ? Object.entries(value) : []
  if (rest.length > 0 || typeof where !== 'string') return false
  return (kind === 'file' && /^\/[^\0]{1,4095}$/.test(where)) || (kind === 'variable' && VARIABLE.test(where))
}

/** An https URL without a credential, a query and a fragment; http on this machine only. In clear over a network, a secret would be anybody's. */
export function isPrivateUrl(value: unknown): value is string {
  const url = typeof value === 'string' && URL.canParse(value) ? new URL(value) : undefined
  if (!url || `${url.username}${url.password}${url.search}${url.hash}` !== '') return false
  return url.protocol === 'https:' || (url.protocol === 'http:' && LOOPBACK_HOSTS.has(url.hostname))
}

export function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
