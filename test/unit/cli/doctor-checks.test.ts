import { describe, expect, it } from 'vitest'
import { lockHolder } from '../../../client/cli/checks/files-check.ts'
import { fileSystemFinding, nodeFinding, spaceFinding } from '../../../client/cli/checks/host-check.ts'
import { type NodeFacts, nodeFindings } from '../../../client/cli/checks/node-check.ts'
import { sizeText } from '../../../client/cli/checks/size-text.ts'

const NOW = Date.parse('2026-01-31T12:00:00.000Z')
const AT = (agoMs: number) => new Date(NOW - agoMs).toISOString()
/** Of a source with which nothing is out of the ordinary. */
const NOTHING = { problem: null, paused: null, rotation: null } as const

describe('what the daemon tells of itself', () => {
  const healthy: NodeFacts = {
    status: {
      node: 'n',
      version: '1.0.0',
      incarnation: 'abcdef',
      startedAt: AT(1_000),
      durability: 'full',
      readOnly: false,
      connections: 0,
      peers: { online: 0, away: 0, offline: 0 },
      openAsks: 0,
      queued: 0,
      deadLetters: 0,
      parkedPairs: 0,
      cards: { waiting: 0, oldestAt: null },
      devices: { paired: 1, pairings: 0, actions: 0 },
      cursor: 'abcdef.1',
      retention: {
        lastRunAt: null,
        purgedRows: 0,
        oldestEventAt: null,
        heldUntil: null,
        keeps: { events: '30d', closedThreads: '90d', idempotencyKeys: '7d' },
        purged: [],
        eventsSince: 'abcdef.0',
      },
      storage: { databaseBytes: 0, walBytes: 0, freeBytes: null },
      search: { behind: 0, oldestAt: null, failures: 0 },
      backup: { running: null, last: null },
      services: [],
    },
    diagnosis: {
      process: { pid: 1, node: '20.20.0', platform: 'linux' },
      revision: 'r1',
      clock: { at: AT(0), jumps: 0, lastAt: null, lastByMs: null },
      database: { schema: 3, bytes: 1_000, freeBytes: 0 },
      outbox: { waiting: 0, dead: 0, oldestAt: null, destinations: [] },
      stuck: { count: 0, deliveries: [] },
      leftovers: { awaited: 0, credentials: 0 },
      services: [],
      sources: [],
    },
  }
  const here = { now: NOW, revision: 'r1', node: '20.20.2' }
  type Change = { readonly [K in keyof NodeFacts]?: Partial<NodeFacts[K]> }
  const judged = ({ status, diagnosis }: Change, over: Partial<typeof here> = {}) =>
    nodeFindings({ status: { ...healthy.status, ...status }, diagnosis: { ...healthy.diagnosis, ...diagnosis } }, { ...here, ...over })
  const notOk = (change: Change, over?: Partial<typeof here>) => judged(change, over).filter(({ state }) => state !== 'ok')

  it('is all well where it is', () => {
    expect(notOk({})).toEqual([])
  })

  const stuck = {
    id: 'dlv_abcdef1',
    to: { id: 'peer_abcdef1', name: 'bob', circle: 'main', role: 'agent' as const },
    state: 'offered' as const,
    attempt: 1,
    failures: 0,
    queuedAt: AT(9e6),
    offeredAt: AT(7_200_000),
  }
  const cases: readonly (readonly [string, Change, string, 'warn' | 'fail', RegExp])[] = [
    ['a full disk', { status: { readOnly: true } }, 'writing', 'fail', /full/],
    ['a durability that is less', { status: { durability: 'os' } }, 'writing', 'warn', /os/],
    [
      'a jump of the clock',
      { diagnosis: { clock: { at: AT(0), jumps: 2, lastAt: AT(3_600_000), lastByMs: -7_200_000 } } },
      'clock',
      'warn',
      /2 jumps, the last 1h ago by 2h backwards/,
    ],
    [
      'something that is stuck',
      { diagnosis: { stuck: { count: 2, deliveries: [stuck] } } },
      'stuck deliveries',
      'warn',
      /2 deliveries; dlv_abcdef1 to bob: handed over 2h ago/,
    ],
    ['a dead letter', { status: { deadLetters: 1 } }, 'dead letters', 'warn', /1 dead letter$/],
    [
      'a card that waits since yesterday',
      { status: { cards: { waiting: 2, oldestAt: AT(90_000_000) } } },
      'cards',
      'warn',
      /2 wait for a person, the oldest since/,
    ],
    ['a parked pair', { status: { parkedPairs: 1 } }, 'parked pairs', 'warn', /1 pair/],
    [
      'a dead row of the outbox',
      { diagnosis: { outbox: { waiting: 0, dead: 1, oldestAt: AT(0), destinations: ['peers.retired'] } } },
      'rows',
      'fail',
      /peers\.retired/,
    ],
    ['a row that waits for hours', { diagnosis: { outbox: { waiting: 1, dead: 0, oldestAt: AT(7_200_000), destinations: [] } } }, 'rows', 'warn', /2h ago/],
    [
      'an index of the search that cannot be written',
      { status: { search: { behind: 3, oldestAt: AT(1_000), failures: 2 } } },
      'index',
      'warn',
      /2 times in a row; 3 messages/,
    ],
    [
      'a source without its secret',
      {
        diagnosis: { sources: [{ name: 'ci', ...NOTHING, problem: 'there is no file /x for its secret', refused: null, failed: { at: AT(1), says: 'full' } }] },
      },
      'ci',
      'fail',
      /no file/,
    ],
    [
      'an event that could not be sent',
      { diagnosis: { sources: [{ name: 'ci', ...NOTHING, refused: { at: AT(1), says: 'x' }, failed: { at: AT(7_200_000), says: 'no room' } }] } },
      'ci',
      'warn',
      /could not be sent 2h ago: no room/,
    ],
    [
      'a request that was turned away',
      { diagnosis: { sources: [{ name: 'ci', ...NOTHING, refused: { at: AT(7_200_000), says: 'no signature' }, failed: null }] } },
      'ci',
      'warn',
      /turned away 2h ago: no signature/,
    ],
    [
      'a source that is paused',
      { diagnosis: { sources: [{ name: 'ci', ...NOTHING, paused: AT(7_200_000), refused: { at: AT(1), says: 'the source is paused' }, failed: null }] } },
      'ci',
      'warn',
      /paused 2h ago/,
    ],
    [
      'a source of which one secret of two verifies nothing',
      {
        diagnosis: {
          sources: [{ name: 'ci', ...NOTHING, rotation: { since: AT(1), problem: 'of its new secret: there is no file' }, refused: null, failed: null }],
        },
      },
      'ci',
      'warn',
      /being rotated; of its new secret: there is no file/,
    ],
    ['what a retired peer left', { diagnosis: { leftovers: { awaited: 1, credentials: 0 } } }, 'retired', 'warn', /1 retired peer/],
  ]
  it.each(cases)('%s is one finding with a hint', (_name, change, check, state, says) => {
    expect(notOk(change)).toEqual([expect.objectContaining({ check, state, says: expect.stringMatching(says), hint: expect.stringMatching(/./) })])
  })

  it('a node without a paired device has nobody who could decide, which is no trouble', () => {
    expect(notOk({ status: { devices: { paired: 0, pairings: 0, actions: 0 } } })).toEqual([
      expect.objectContaining({ subject: 'people', check: 'devices', state: 'off', hint: expect.stringContaining('muster pair') }),
    ])
    expect(notOk({ status: { cards: { waiting: 1, oldestAt: AT(3_600_000) } } })).toEqual([])
  })

  it('another contract and another major version of Node are worth a look', () => {
    expect(notOk({}, { revision: 'r2' })).toEqual([expect.objectContaining({ check: 'contract', state: 'warn' })])
    expect(notOk({}, { node: '22.1.0' })).toEqual([expect.objectContaining({ check: 'node', state: 'warn' })])
  })

  it('what is over, or still under way, is none', () => {
    expect(notOk({ diagnosis: { clock: { at: AT(0), jumps: 1, lastAt: AT(90_000_000), lastByMs: 10_000 } } })).toEqual([])
    expect(notOk({ diagnosis: { outbox: { waiting: 1, dead: 0, oldestAt: AT(1_000), destinations: [] }, leftovers: { awaited: 1, credentials: 1 } } })).toEqual(
      [],
    )
  })
})

describe('this machine', () => {
  it.each([
    ['18.20.0', 'fail'],
    ['20.18.9', 'fail'],
    ['20.19.0', 'ok'],
    ['22.0.0', 'ok'],
  ])('Node %s: %s', (version, state) => {
    expect(nodeFinding(version).state).toBe(state)
  })

  it.each([
    [50_000_000, false, 'fail'],
    [500_000_000, false, 'warn'],
    [5_000_000_000, false, 'ok'],
    [5_000_000_000, true, 'fail'],
  ])('%i bytes free, no inode left %s: %s', (freeBytes, noFilesLeft, state) => {
    expect(spaceFinding({ folder: '/x', freeBytes, totalBytes: 1e10, noFilesLeft }).state).toBe(state)
  })

  it.each([
    [0x6969, 'linux', 'fail', /NFS/],
    [0xff534d42, 'linux', 'fail', /CIFS/],
    [0x65735546, 'linux', 'warn', /FUSE/],
    [0xef53, 'linux', 'ok', /this machine/],
    [0x6969, 'darwin', 'off', /darwin/],
  ] as const)('a file system of type 0x%x on %s: %s', (type, platform, state, says) => {
    expect(fileSystemFinding('/x', type, platform)).toMatchObject({ state, says: expect.stringMatching(says) })
  })

  it('names who holds a lock, and not who waits for it or reads', () => {
    const table =
      '1: POSIX  ADVISORY  READ 10 08:01:77 0 EOF\n2: POSIX  ADVISORY  WRITE 4711 08:01:77 1073741824 1073742335\n2: -> POSIX  ADVISORY  WRITE 9 08:01:77 1 2\n'
    expect(lockHolder(table, 77)).toBe(4711)
    expect(lockHolder(table, 7)).toBeUndefined()
    expect(lockHolder('1: FLOCK  ADVISORY  WRITE -1 00:2f:77 0 EOF\n', 77)).toBeUndefined()
  })

  it.each([
    [0, '0 B'],
    [999, '999 B'],
    [1_500, '1.5 kB'],
    [123_456_789, '123 MB'],
    [2e15, '2000 TB'],
  ])('%i bytes are %s', (bytes, text) => {
    expect(sizeText(bytes)).toBe(text)
  })
})
