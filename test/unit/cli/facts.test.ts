import { createServer } from 'node:net'
import { describe, expect, it } from 'vitest'
import { daemonAddress } from '../../../client/cli/address.ts'
import { parseArguments } from '../../../client/cli/arguments.ts'
import { GLOBAL_FLAGS } from '../../../client/cli/flags.ts'
import { chosenName, defaultName } from '../../../client/cli/identity.ts'
import { describeOwner, findPortOwner, listeningInodes, parseLsof } from '../../../client/cli/port-owner.ts'
import { wsUrl } from '../../../client/local/endpoint.ts'
import { isName } from '../../../client/local/names.ts'
import { commandLine, isRunning } from '../../../client/local/process-facts.ts'
import { Name } from '../../../src/contract/common.ts'
import { memoryEnvironment } from './memory-environment.ts'

const flags = (...args: string[]) => parseArguments(args, GLOBAL_FLAGS).flags

describe('the default name', () => {
  it.each([
    ['ann', 'cli-ann'],
    ['Ann Other', 'cli-ann-other'],
    ['DOMAIN\\ann', 'cli-domain-ann'],
    ['jürgen', 'cli-ju-rgen'],
    ['ann@example.com', 'cli-ann-example.com'],
    ['--', 'cli'],
    ['用户', 'cli'],
    ['', 'cli'],
    ['x'.repeat(100), `cli-${'x'.repeat(60)}`],
  ])('of %j is %s, which the contract accepts', (user, name) => {
    expect(defaultName({ ...memoryEnvironment().environment, userName: () => user })).toBe(name)
    expect(Name.safeParse(name).success).toBe(true)
  })
})

describe('a name', () => {
  it.each(['bob', 'Bob.2', 'a', 'a-b_c', '', '-a', 'a-', 'a b', 'peer_k7qm2x1', 'x'.repeat(64), 'x'.repeat(65), 'ü'])(
    '%j is accepted as the contract does',
    (name) => {
      expect(isName(name)).toBe(Name.safeParse(name).success)
    },
  )

  it('comes from --as before MUSTER_AS', () => {
    const { environment } = memoryEnvironment({ env: { MUSTER_AS: 'env' } })
    expect(chosenName(flags('--as', 'flag'), environment)).toBe('flag')
    expect(chosenName(flags(), environment)).toBe('env')
    expect(chosenName(flags(), memoryEnvironment().environment)).toBeUndefined()
    expect(() => chosenName(flags('--as', '../etc/passwd'), environment)).toThrow('--as cannot be "../etc/passwd"')
  })
})

describe("the daemon's address", () => {
  it.each([
    ['http://127.0.0.1:6878', 'ws://127.0.0.1:6878/v1/ws'],
    ['https://muster.example/', 'wss://muster.example/v1/ws'],
    ['ws://localhost:7000/v1/ws', 'ws://localhost:7000/v1/ws'],
    ['https://example.com/team', 'wss://example.com/team/v1/ws'],
  ])('%s leads to %s', (given, expected) => {
    const { url, local } = daemonAddress(flags('--url', given), memoryEnvironment().environment)
    expect([wsUrl(url), local]).toEqual([expected, false])
  })

  it.each(['127.0.0.1:6878', 'ftp://x', 'bob', 'http://user:secret@host'])('%s is refused', (given) => {
    expect(() => daemonAddress(flags('--url', given), memoryEnvironment().environment)).toThrow(expect.objectContaining({ exit: 64 }))
  })

  it('is not known where no daemon runs', () => {
    expect(() => daemonAddress(flags(), memoryEnvironment().environment)).toThrow(expect.objectContaining({ exit: 3, hint: 'muster up starts it.' }))
  })
})

describe("a port's owner", () => {
  const table = [
    '  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode',
    '   0: 0100007F:1ADE 00000000:0000 0A 00000000:00000000 00:00000000 00000000  1000        0 123456 1 0000000000000000 100 0 0 10 0',
    '   1: 0100007F:1ADE 0100007F:C350 01 00000000:00000000 00:00000000 00000000  1000        0 777777 1 0000000000000000 20 4 30 10 -1',
    '   2: 00000000:0016 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 222222 1 0000000000000000 100 0 0 10 0',
  ].join('\n')

  it('is found by the socket that listens', () => {
    expect(listeningInodes(table, 6878)).toEqual(['123456'])
    expect(listeningInodes(table, 22)).toEqual(['222222'])
    expect(listeningInodes(table, 80)).toEqual([])
  })

  it('is read from lsof', () => {
    expect(parseLsof('p4711\ncnode\np4712\ncother\n')).toEqual({ pid: 4711, command: 'node' })
    expect(parseLsof('')).toBeUndefined()
  })

  it('is named as far as it is known', () => {
    expect(describeOwner({ pid: 7, command: 'node x.js' })).toBe('pid 7 (node x.js)')
    expect(describeOwner({ pid: 7, command: undefined })).toBe('pid 7')
    expect(describeOwner({ pid: undefined, command: undefined })).toBe("another user's program")
    expect(describeOwner(undefined)).toBe('another program')
  })

  it.runIf(process.platform === 'linux')('is this process for a port of its own', async () => {
    const server = createServer()
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    try {
      const { port } = server.address() as { port: number }
      expect(await findPortOwner(port)).toMatchObject({ pid: process.pid, command: expect.stringContaining('node') })
    } finally {
      await new Promise((resolve) => server.close(resolve))
    }
  })
})

describe('a process', () => {
  it('runs or does not', () => {
    expect(isRunning(process.pid)).toBe(true)
    // Beyond the largest pid that Linux and macOS hand out.
    expect(isRunning(2 ** 30)).toBe(false)
  })

  it.runIf(process.platform === 'linux')('has a command line', () => {
    expect(commandLine(process.pid)).toContain('node')
    expect(commandLine(2 ** 30)).toBeUndefined()
  })
})
