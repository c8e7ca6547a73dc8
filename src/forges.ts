import { isObject, isPrivateUrl, isSecretReference, type SecretReference } from './references.ts'

/** One forge that may be called. */
export interface ForgeSetting {
  /** As it stands in links: `github.com`, `git.example.org:8443`. */
  readonly host: string
  readonly kind: 'github' | 'gitlab'
  /** Of its API. Nothing outside of it is ever called. @default what the documentation of the forge names for the host */
  readonly baseUrl?: string
  /** Without one only what is public can be seen. */
  readonly token?: SecretReference
}

const HOST = /^[a-z0-9](?:[a-z0-9.-]{0,250}[a-z0-9])?(?::\d{1,5})?$/
const FIELDS: ReadonlySet<string> = new Set(['host', 'kind', 'baseUrl', 'token'])
const MAX_FORGES = 16
const EXAMPLE = '[{"host": "github.com", "kind": "github", "token": {"file": "/home/ada/.config/muster/github.token"}}]'

/** Why a value is no list of forges, in one sentence; `undefined` where it is. */
export function whyNoForges(value: unknown): string | undefined {
  if (!Array.isArray(value)) return `Expected a list of forges, such as ${EXAMPLE}.`
  if (value.length > MAX_FORGES) return `Expected at most ${MAX_FORGES} forges.`
  for (const [index, entry] of value.entries()) {
    const why = whyNoForge(entry)
    if (why !== undefined) return `Expected forge ${index + 1} ${why}.`
  }
  const hosts = value.map(({ host }: ForgeSetting) => host)
  const twice = hosts.find((host, index) => hosts.indexOf(host) !== index)
  return twice === undefined ? undefined : `Expected each host once; ${twice} is there twice.`
}

/** The base URL of a forge's API, without a slash at its end. */
export function baseUrlOf({ host, kind, baseUrl }: ForgeSetting): string {
  if (baseUrl !== undefined) return baseUrl.replace(/\/+$/, '')
  if (kind === 'gitlab') return `https://${host}/api/v4`
  return host === 'github.com' ? 'https://api.github.com' : `https://${host}/api/v3`
}

/** What would be accepted in its place. */
function whyNoForge(value: unknown): string | undefined {
  if (!isObject(value)) return `as an object, as in ${EXAMPLE}`
  const stranger = Object.keys(value).find((field) => !FIELDS.has(field))
  if (stranger !== undefined) return `to have host, kind, baseUrl and token, and no "${stranger}"`
  const { host, kind, baseUrl, token } = value
  if (typeof host !== 'string' || !HOST.test(host)) return 'to have as host the host name of its links, in lower case, like github.com'
  if (kind !== 'github' && kind !== 'gitlab') return 'to have as kind github or gitlab'
  if (baseUrl !== undefined && !isPrivateUrl(baseUrl))
    return 'to have as baseUrl the https address of its API (http on this machine only), without a credential, a query and a fragment'
  if (token !== undefined && !isSecretReference(token)) return 'to have as token {"file": "/path/from/the/root"} or {"variable": "NAME"}, not the token itself'
  return undefined
}
