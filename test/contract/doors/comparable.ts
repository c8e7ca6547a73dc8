/**
 * An output without what differs from call to call and from scene to scene. Of a list the different members count, since an
 * administrator sees those of every scene.
 */
export function comparable(value: unknown, key = ''): unknown {
  if (VARYING.has(key)) return `<${key}>`
  if (Array.isArray(value)) return [...new Set(value.map((each) => JSON.stringify(comparable(each))))].sort()
  if (typeof value === 'string') return NAMES.reduce((text, [pattern, name]) => text.replaceAll(pattern, name), value)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, comparable(each, name)]))
}

const NAMES: readonly (readonly [RegExp, string])[] = [
  [/\bm[pae]_[0-9a-z]{48}\b/g, '<token>'],
  [/\b(peer|crd|enr|cir|thr|msg|dlv|art|att|fan|sch|rvw|wdg|prg|act|dec|apv|chn|out|src|arv)_[0-9a-z]{7,}\b/g, '<$1>'],
  [/\b[0-9a-hjkmnp-tv-z]{6}\.\d+\b/g, '<cursor>'],
  [/\b\d{4}-\d\d-\d\dT[\d:.]+Z\b/g, '<time>'],
  [/\bcircle\d+\b/g, '<circle>'],
]

/** What counts or pages through all scenes; and when a credential was used, which is written down beside the call. */
const VARYING = new Set([
  'code',
  'comparison',
  'token',
  'connections',
  'peers',
  'openAsks',
  'queued',
  'deadLetters',
  'parkedPairs',
  'paired',
  'purgedRows',
  'after',
  'lastUsedAt',
  'databaseBytes',
  'walBytes',
  'freeBytes',
  'oldestEventAt',
  'bytes',
  'freeBytes',
])
