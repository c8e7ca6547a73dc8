import { isObject, isPrivateUrl, isSecretReference, type SecretReference } from './references.ts'

/** The bot that people speak to. */
export interface TelegramSetting {
  readonly token: SecretReference
  /** Of the Bot API. @default https://api.telegram.org */
  readonly baseUrl?: string
}

/** The server to whose topics people subscribe. */
export interface NtfySetting {
  /** @default https://ntfy.sh */
  readonly baseUrl?: string
  readonly token?: SecretReference
}

/** Where notices are posted, with a signature. */
export interface WebhookSetting {
  readonly name: string
  readonly url: string
  /** As the Standard Webhooks have it: `whsec_` and 24 to 64 bytes as base64. */
  readonly secret: SecretReference
}

const NAME = /^[A-Za-z0-9](?:[A-Za-z0-9._-]{0,62}[A-Za-z0-9])?$/
const MAX_WEBHOOKS = 16
const SECRET = '{"file": "/path/from/the/root"} or {"variable": "NAME"}'

/** Why a value is no such setting, in one sentence; `undefined` where it is. `{}`: there is none. */
function whyNoTelegram(value: unknown): string | undefined {
  return whyNoServer(value, `{"token": {"file": "/home/ada/.config/muster/telegram.token"}}`, true)
}

function whyNoNtfy(value: unknown): string | undefined {
  return whyNoServer(value, '{"baseUrl": "https://ntfy.example.org"}', false)
}

function whyNoServer(value: unknown, example: string, needsToken: boolean): string | undefined {
  if (!isObject(value)) return `Expected an object such as ${example}.`
  if (Object.keys(value).length === 0) return undefined
  const stranger = Object.keys(value).find((field) => field !== 'token' && field !== 'baseUrl')
  if (stranger !== undefined) return `Expected token and baseUrl, and no "${stranger}".`
  if (value['baseUrl'] !== undefined && !isPrivateUrl(value['baseUrl']))
    return 'Expected as baseUrl an https address (http on this machine only), without a credential, a query and a fragment.'
  const isGiven = value['token'] !== undefined
  return (isGiven || needsToken) && !isSecretReference(value['token']) ? `Expected as token ${SECRET}, not the token itself.` : undefined
}

function whyNoWebhooks(value: unknown): string | undefined {
  if (!Array.isArray(value))
    return 'Expected a list of webhooks, such as [{"name": "home", "url": "https://home.example.org/hook", "secret": {"variable": "HOOK_SECRET"}}].'
  if (value.length > MAX_WEBHOOKS) return `Expected at most ${MAX_WEBHOOKS} webhooks.`
  for (const [index, entry] of value.entries()) {
    const why = whyNoWebhook(entry)
    if (why !== undefined) return `Expected webhook ${index + 1} ${why}.`
  }
  const names = value.map(({ name }: WebhookSetting) => name)
  const twice = names.find((name, index) => names.indexOf(name) !== index)
  return twice === undefined ? undefined : `Expected each name once; ${twice} is there twice.`
}

function whyNoWebhook(value: unknown): string | undefined {
  if (!isObject(value)) return 'as an object with name, url and secret'
  const stranger = Object.keys(value).find((field) => !['name', 'url', 'secret'].includes(field))
  if (stranger !== undefined) return `to have name, url and secret, and no "${stranger}"`
  if (typeof value['name'] !== 'string' || !NAME.test(value['name'])) return 'to have as name letters, digits, ".", "_" or "-"'
  if (!isPrivateUrl(value['url'])) return 'to have as url an https address (http on this machine only), without a credential, a query and a fragment'
  return isSecretReference(value['secret']) ? undefined : `to have as secret ${SECRET}, not the secret itself`
}

/** Whether it is set, which `{}` is not. */
export function isSet(setting: TelegramSetting | NtfySetting | Readonly<Record<string, never>>): boolean {
  return Object.keys(setting).length > 0
}

/** The settings of channels, as the table of all settings has them. */
export const CHANNEL_SETTINGS = {
  telegram: {
    of: 'daemon',
    files: ['user'],
    variable: 'MUSTER_TELEGRAM',
    kind: 'json',
    why: whyNoTelegram,
    expected: 'an object with token and baseUrl, as JSON',
    fallback: {} as TelegramSetting | Readonly<Record<string, never>>,
    summary: 'The bot that people speak to',
  },
  ntfy: {
    of: 'daemon',
    files: ['user'],
    variable: 'MUSTER_NTFY',
    kind: 'json',
    why: whyNoNtfy,
    expected: 'an object with baseUrl and token, as JSON',
    fallback: {} as NtfySetting,
    summary: 'The ntfy server that people are told by',
  },
  webhooks: {
    of: 'daemon',
    files: ['user'],
    variable: 'MUSTER_WEBHOOKS',
    kind: 'json',
    why: whyNoWebhooks,
    expected: 'a list of objects with name, url and secret, as JSON',
    fallback: [] as readonly WebhookSetting[],
    summary: 'Where people may have notices posted',
  },
  pushHosts: {
    of: 'daemon',
    files: ['user'],
    variable: 'MUSTER_PUSH_HOSTS',
    kind: 'list',
    pattern: /^[A-Za-z0-9._:[\]-]{1,253}$/,
    expected: 'host names separated by commas, each with its port where that is not 443',
    fallback: [],
    summary: 'Push services besides the known ones',
  },
} as const
