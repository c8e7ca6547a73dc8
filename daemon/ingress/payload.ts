import type { Sent } from './proof.ts'

export type Payload = { readonly ok: true; readonly body: unknown } | { readonly ok: false; readonly why: string }

const FORM = 'application/x-www-form-urlencoded'
const JSON_TYPE = /^application\/(?:[\w.+-]+\+)?json$/

/** Whether bodies of a media type can be read. */
export function isReadable(contentType: string | undefined): boolean {
  const type = typeOf(contentType)
  return type === FORM || JSON_TYPE.test(type)
}

/** What a body says: JSON, the JSON in the field `payload` of a form, or the fields of another form. */
export function readBody({ headers, body }: Sent): Payload {
  let text: string
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(body)
  } catch {
    return { ok: false, why: 'it is no UTF-8' }
  }
  if (typeOf(headers['content-type']) !== FORM) return parsed(text)
  const fields = new URLSearchParams(text)
  const payload = fields.get('payload')
  // Defines each field as it is called, also one that is called __proto__.
  return payload === null ? { ok: true, body: Object.fromEntries(fields) } : parsed(payload)
}

function typeOf(contentType: string | undefined): string {
  return (contentType ?? '').split(';')[0]?.trim().toLowerCase() ?? ''
}

function parsed(text: string): Payload {
  try {
    return { ok: true, body: JSON.parse(text) as unknown }
  } catch {
    return { ok: false, why: 'it is no JSON' }
  }
}
