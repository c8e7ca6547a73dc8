/** Where the token of a forge stands; the token itself is in no setting. */
type TokenReference = { readonly file: string } | { readonly variable: string }

/** One forge that may be called. */
export interface ForgeSetting {
  /** As it stands in links: `github.com`, `git.example.org:8443`. */
  readonly host: string
  readonly kind: 'github' | 'gitlab'
  /** Of its API. Nothing outside of it is ever called. @default what the documentation of the forge names for the host */
  readonly baseUrl?: string
  /** Without one only what is public can be seen. */
  readonly token?: TokenReference
}

const HOST = /^[a-z0-9](?:[a-z0-9.-]{0,250}[a-z0-9])?(?::\d{1,5})?$/
const VARIABLE = /^[A-Za-z_][A-Za-z0-9_]{0,99}$/
const LOOPBACK: ReadonlySet<string> = new Set(['127.0.0.1', '[::1]', 'localhost'])
const FIELDS: ReadonlySet<string> = new Set(['host', 'kind', 'baseUrl', 'token'])
const MAX_FORGES = 16
const EXAMPLE = '[{"host": "github.com", "kind": "github", "token": {"file": "/home/ada/.config/muster/github.token"}}]'

/** Why a value is no list of forges, in one sentence; `undefined` where it is. */
export function whyNoForges(value: unknown): string | undefined {
  if (!Array.isArray(value)) return `Expected a list of forges, such as ${EXAMPLE}.`
  if (value.length > MAX_FORGES) return `Expected at most ${MAX_FORGES} forges.`
  for (const [index, entry] of value.entries()) {
    const why = whyNoForge(entry)
    if (why !== undefined) return `Forge ${index + 1}: ${why}`
  }
  const hosts = value.map(({ host }: ForgeSetting) => host)
  const twice = hosts.find((host, index) => hosts.indexOf(host) !== index)
  return twice === undefined ? undefined : `${twice} is there twice.`
}

/** The base URL of a forge's API, without a slash at its end. */
export function baseUrlOf({ host, kind, baseUrl }: ForgeSetting): string {
  if (baseUrl !== undefined) return baseUrl.replace(/\/+$/, '')
  if (kind === 'gitlab') return `https://${host}/api/v4`
  return host === 'github.com' ? 'https://api.github.com' : `https://${host}/api/v3`
}

function whyNoForge(value: unknown): string | undefined {
  if (!isObject(value)) return `expected an object, as in ${EXAMPLE}.`
  const stranger = Object.keys(value).find((field) => !FIELDS.has(field))
  if (stranger !== undefined) return `there is no field "${stranger}"; expected host, kind, baseUrl and token.`
  const { host, kind, baseUrl, token } = value
  if (typeof host !== 'string' || !HOST.test(host)) return 'host: expected the host name of its links, in lower case, like github.com.'
  if (kind !== 'github' && kind !== 'gitlab') return 'kind: expected github or gitlab.'
  return whyNoBase(baseUrl) ?? whyNoToken(token)
}

function whyNoBase(value: unknown): string | undefined {
  if (value === undefined) return undefined
  const url = typeof value === 'string' && URL.canParse(value) ? new URL(value) : undefined
  if (!url || !/^https?:$/.test(url.protocol)) return 'baseUrl: expected the https address of its API, like https://git.example.org/api/v3.'
  if (`${url.username}${url.password}${url.search}${url.hash}` !== '') return 'baseUrl: expected an address without a credential, a query and a fragment.'
  // In clear over a network the token would be anybody's.
  return url.protocol === 'https:' || LOOPBACK.has(url.hostname) ? undefined : 'baseUrl: expected https; http is for this machine only.'
}

function whyNoToken(value: unknown): string | undefined {
  if (value === undefined) return undefined
  const [[kind, where] = [], ...rest] = isObject(value) ? Object.entries(value) : []
  if (rest.length === 0 && kind === 'file' && typeof where === 'string' && /^\/[^\0]{1,4095}$/.test(where)) return undefined
  if (rest.length === 0 && kind === 'variable' && typeof where === 'string' && VARIABLE.test(where)) return undefined
  return 'token: expected {"file": "/path/from/the/root"} or {"variable": "NAME"}, not the token itself.'
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
