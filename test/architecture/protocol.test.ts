import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { refreshDocument, renderReference, withoutGenerated } from '../../scripts/contract/reference.ts'
import { snapshotContract } from '../../scripts/contract/snapshot.ts'
import { NOTIFICATIONS, OPERATION_NAMES } from '../../src/contract/index.ts'
import { ERROR_CODES, ERRORS, type ErrorFacts } from '../../src/errors.ts'
import { ID_KINDS } from '../../src/ids.ts'
import { LIMITS } from '../../src/limits.ts'
import { BEARER_SUBPROTOCOL_PREFIX, DEFAULT_PORT, PROTOCOL, SUBPROTOCOL, WS_PATH } from '../../src/rpc.ts'
import { ROOT, readSources } from './project.ts'

const document = readFileSync(join(ROOT, 'docs/protocol.md'), 'utf8')
/** What people wrote: the rest is compared with what the contract says now. */
const prose = withoutGenerated(document)
const contract = snapshotContract()
const operations: readonly string[] = ['hello', ...OPERATION_NAMES]
const notifications = Object.keys(NOTIFICATIONS)
const daemon = readSources('daemon')

/** Each `word` of the prose. */
const codes = [...prose.matchAll(/`([^`\n]+)`/g)].map((match) => match[1] as string)

/** The first cell of each row of the table below a heading. */
function firstCells(heading: string): string[] {
  const section = prose.split(/^#+ /m).find((part) => part.startsWith(heading)) ?? ''
  const rows = [...section.matchAll(/^\| ([^|]+) \|/gm)].map((match) => (match[1] as string).trim())
  return rows.filter((cell) => !/^-+$/.test(cell)).map((cell) => cell.replaceAll('`', ''))
}

/** Event types as the daemon spells them: texts such as `peer.joined`, as a `type` or where they name nothing else. */
function eventTypes(): string[] {
  // The attributes of spans have such names, too.
  const types = daemon
    .filter(({ path }) => path !== 'daemon/tracing.ts')
    .flatMap(({ tokens }) =>
      tokens.flatMap(({ type, text }, at) => {
        const isDotted = type === 'string' && /^[a-z]+\.[a-z]+$/.test(text) && !/\.(json|db|token|log|ts|sql)$/.test(text)
        const isType = tokens[at - 2]?.text === 'type' && tokens[at - 1]?.text === ':'
        return isDotted && (isType || !(operations.includes(text) || notifications.includes(text))) ? [text] : []
      }),
    )
  return [...new Set(types)].sort()
}

describe('docs/protocol.md', () => {
  it('has its generated parts as the contract is now', () => {
    const fresh = refreshDocument(document, renderReference(contract))
    expect(document === fresh, 'Refresh it with: npx tsx scripts/protocol.ts --write').toBe(true)
  })

  it('has an entry for each operation and no other', () => {
    const headings = [...document.matchAll(/^#### ([a-z]+\.[a-z]+)$/gm)].map((match) => match[1])
    expect(headings.sort()).toEqual([...OPERATION_NAMES].sort())
  })

  it('explains each notification', () => {
    const section = prose.slice(prose.indexOf('## 7. '), prose.indexOf('## 8. '))
    const explained = [...section.matchAll(/^- \*\*`([a-z.]+)`\*\*/gm)].map((match) => match[1])
    expect(explained.sort()).toEqual([...notifications].sort())
  })

  it('explains each error code and no other', () => {
    const section = prose.slice(prose.indexOf('When each is raised'), prose.indexOf('No code has been retired'))
    const explained = [...section.matchAll(/^\| `([a-z_]+)` \|/gm)].map((match) => match[1])
    expect(explained).toEqual(Object.keys(ERRORS))
  })

  it('explains each close code and no other', () => {
    const documented = firstCells('14. ')
      .flatMap((cell) => cell.split(', ').map(Number))
      .filter((code) => !Number.isNaN(code))
    const ours = Object.values<ErrorFacts>(ERROR_CODES).flatMap(({ close }) => close ?? [])
    const spelled = daemon.flatMap(({ tokens }) =>
      tokens.flatMap((token, at) =>
        token.text === '(' && tokens[at - 1]?.text === 'close' && /^\d{4}$/.test(tokens[at + 1]?.text ?? '') ? Number(tokens[at + 1]?.text) : [],
      ),
    )
    // RFC 6455, section 7.4.1, and what the WebSocket library answers to a broken frame.
    const ofTheProtocol = [1000, 1001, 1002, 1006, 1007, 1009]
    expect([...new Set(documented)].sort()).toEqual([...new Set([...ours, ...spelled, ...ofTheProtocol])].sort())
  })

  it('gives each closing error the close code of the table', () => {
    const section = prose.slice(prose.indexOf('## 14. '), prose.indexOf('## 15. '))
    for (const [name, { close }] of Object.entries<ErrorFacts>(ERROR_CODES)) {
      if (close !== undefined) expect(section, name).toMatch(new RegExp(`^\\| ${close} \\| \`${name}\``, 'm'))
    }
  })

  it('lists the event types that the daemon writes, and no other', () => {
    expect(firstCells('12. ').slice(1).sort()).toEqual(eventTypes())
  })

  it('lists the states of threads and deliveries, and no other', () => {
    const states = (name: string) => contract.definitions[name]?.['enum']
    expect(firstCells('5. ').slice(1)).toEqual(states('ThreadState'))
    expect(firstCells('6. ').slice(1)).toEqual(states('DeliveryState'))
    const kinds = prose.slice(prose.indexOf('**Kinds of message**'), prose.indexOf('A client acks those that it does not know'))
    expect([...kinds.matchAll(/`(\w+)`/g)].map((match) => match[1])).toEqual(states('MessageKind'))
  })

  it('names no operation, notification or event that does not exist', () => {
    const known = new Set([...operations, ...notifications, ...eventTypes(), SUBPROTOCOL])
    const dotted = codes
      .flatMap((code) => code.match(/^[a-z]+\.[a-z0-9]+/g) ?? [])
      .filter((code) => !code.startsWith(BEARER_SUBPROTOCOL_PREFIX) && !code.startsWith('data.'))
    expect(dotted.length).toBeGreaterThan(50)
    expect(dotted.filter((code) => !known.has(code))).toEqual([])
  })

  it('names no error, field, enum member or limit that does not exist', () => {
    const known = new Set([...words(contract), ...words(ERRORS), ...words(LIMITS), ...words(ID_KINDS), ...DETAILS])
    const compound = codes.filter((code) => /^[a-z]+(_[a-z]+)+$|^[a-z]+([A-Z][a-z]*)+$/.test(code))
    expect(compound.length).toBeGreaterThan(50)
    expect(compound.filter((code) => !known.has(code))).toEqual([])
  })

  it('names the wire as it is', () => {
    expect(prose).toContain(`# The Muster protocol, version ${PROTOCOL}`)
    for (const fact of [`GET ${WS_PATH}`, `127.0.0.1:${DEFAULT_PORT}`, SUBPROTOCOL, BEARER_SUBPROTOCOL_PREFIX]) expect(prose).toContain(fact)
  })

  it('has a target for each of its links', () => {
    const anchors = [...document.matchAll(/^#+ (.+)$/gm)].map((match) =>
      (match[1] as string)
        .toLowerCase()
        .replace(/[^a-z0-9 -]/g, '')
        .replaceAll(' ', '-'),
    )
    const links = [...prose.matchAll(/\]\(#([^)]+)\)/g)].map((match) => match[1] as string)
    expect(links.filter((link) => !anchors.includes(link))).toEqual([])
  })
})

/** Fields of the `data` of errors, which no schema declares. */
const DETAILS = ['retryInMs']

/** Every key and every text in a value. */
function words(value: unknown): string[] {
  if (typeof value === 'string') return [value]
  if (typeof value !== 'object' || value === null) return []
  return Object.entries(value).flatMap(([key, inner]) => [key, ...words(inner)])
}

describe('the generated parts', () => {
  it('replace what is between their markers, and only that', () => {
    const before = 'a\n<!-- generated:x -->\nold\n<!-- /generated -->\nb'
    expect(refreshDocument(before, { x: 'new' })).toBe('a\n<!-- generated:x -->\n\nnew\n\n<!-- /generated -->\nb')
    expect(withoutGenerated(before)).toBe('a\n\nb')
  })

  it('are the same when they are written twice', () => {
    const once = refreshDocument(document, renderReference(contract))
    expect(refreshDocument(once, renderReference(contract)) === once).toBe(true)
  })

  it('refuse a marker without a part and a part without a marker', () => {
    expect(() => refreshDocument('<!-- generated:x -->\n<!-- /generated -->', {})).toThrow('Nothing is generated')
    expect(() => refreshDocument('', { x: 'new' })).toThrow('no marker for: x')
  })
})
