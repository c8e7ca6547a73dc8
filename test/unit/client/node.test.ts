import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { WebSocket, WebSocketServer } from 'ws'
import { asyncCauses } from '../../../client/async-causes.ts'
import { systemClock, systemRandom } from '../../../client/clock.ts'
import { fileCredentials } from '../../../client/node-defaults.ts'
import { browserTransport, type OpenTransport, type TransportEnd } from '../../../client/transport.ts'
import { openWsTransport } from '../../../client/ws-transport.ts'

describe('credentials in a file', () => {
  let folder: string
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'muster-client-'))
  })
  afterEach(() => rm(folder, { recursive: true }))

  it('are not there at first, and there once they are saved', async () => {
    const store = fileCredentials(join(folder, 'peers', 'me.token'))
    expect(await store.load()).toBeUndefined()
    await store.save('one')
    await store.save('two')
    expect(await store.load()).toBe('two')
    expect(store.where).toBe(join(folder, 'peers', 'me.token'))
  })

  it('are readable for this user only, and leave no half-written file behind', async () => {
    await fileCredentials(join(folder, 'peers', 'me.token')).save('secret')
    expect((await stat(join(folder, 'peers', 'me.token'))).mode & 0o777).toBe(0o600)
    expect((await stat(join(folder, 'peers'))).mode & 0o777).toBe(0o700)
    expect(await readdir(join(folder, 'peers'))).toEqual(['me.token'])
  })

  it('that cannot be saved say why, and clean up', async () => {
    await writeFile(join(folder, 'peers'), '')
    await expect(fileCredentials(join(folder, 'peers', 'me.token')).save('secret')).rejects.toThrow()
    expect(await readFile(join(folder, 'peers'), 'utf8')).toBe('')
  })

  it('that cannot be read are not taken for missing', async () => {
    await expect(fileCredentials(folder).load()).rejects.toMatchObject({ code: 'EISDIR' })
  })
})

describe('the cause of what is sent', () => {
  const me = {}
  const other = {}

  it('is the message whose handler is running, through promises and timers', async () => {
    expect(asyncCauses.current(me)).toBeNull()
    const seen = await asyncCauses.run(me, 'msg_1', async () => {
      await new Promise((resolve) => setImmediate(resolve))
      return asyncCauses.current(me)
    })
    expect(seen).toBe('msg_1')
    expect(asyncCauses.current(me)).toBeNull()
  })

  it('is only ever a message that the same peer received', () => {
    asyncCauses.run(me, 'msg_1', () => {
      expect(asyncCauses.current(other)).toBeNull()
      asyncCauses.run(other, 'msg_2', () => {
        expect([asyncCauses.current(me), asyncCauses.current(other)]).toEqual(['msg_1', 'msg_2'])
        asyncCauses.run(me, 'msg_3', () => expect(asyncCauses.current(me)).toBe('msg_3'))
      })
    })
  })
})

describe('the clock of the machine', () => {
  it('runs timers, cancels them, and runs soon what is due soon', async () => {
    const seen: string[] = []
    systemClock.setTimer(() => seen.push('cancelled'), 1)()
    systemClock.soon(() => seen.push('soon'))
    await new Promise<void>((resolve) => {
      systemClock.setTimer(resolve, 5)
    })
    expect(seen).toEqual(['soon'])
  })

  it('does not fire at once where the delay exceeds what setTimeout can hold', async () => {
    let fired = false
    const cancel = systemClock.setTimer(() => {
      fired = true
    }, 2 ** 40)
    await new Promise((resolve) => setTimeout(resolve, 5))
    cancel()
    expect(fired).toBe(false)
  })

  it('comes with random numbers from 0 up to 1', () => {
    for (let draw = 0; draw < 100; draw++) expect(systemRandom()).toBeGreaterThanOrEqual(0)
    expect(systemRandom()).toBeLessThan(1)
    expect(systemRandom()).not.toBe(systemRandom())
  })
})

/** Node 20 has no WebSocket of its own. That of a browser throws nothing when nobody listens for errors. */
class BrowserLike extends WebSocket {
  constructor(url: string, protocols: string[]) {
    super(url, protocols)
    this.on('error', () => {})
  }
}

/** One connection's reports, in order, and a promise of its end. */
function listen(open: OpenTransport, url: string, token = 'secret') {
  const seen: string[] = []
  let opened = () => {}
  let heard = () => {}
  const opening = new Promise<void>((resolve) => {
    opened = resolve
  })
  const hearing = new Promise<void>((resolve) => {
    heard = resolve
  })
  let transport: ReturnType<OpenTransport> | undefined
  const end = new Promise<TransportEnd>((onEnd) => {
    transport = open(url, token, {
      onOpen: opened,
      onText: (text) => {
        seen.push(text)
        heard()
      },
      onAlive: () => seen.push('alive'),
      onEnd,
    })
  })
  return { seen, opening, hearing, end, transport: transport as ReturnType<OpenTransport> }
}

describe.each([
  ['ws', openWsTransport],
  ['the WebSocket of the browser', browserTransport()],
] as const)('the transport over %s', (name, open) => {
  let http: Server
  let sockets: WebSocketServer
  let url: string
  let headers: NodeJS.Dict<string | string[]>
  const hasGlobal = 'WebSocket' in globalThis

  beforeEach(async () => {
    if (!hasGlobal) Object.assign(globalThis, { WebSocket: BrowserLike })
    http = createServer()
    sockets = new WebSocketServer({ noServer: true, handleProtocols: (protocols) => (protocols.has('muster.v1') ? 'muster.v1' : false) })
    http.on('upgrade', (request, socket, head) => {
      headers = request.headers
      if (request.url === '/refused') socket.end('HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\n\r\n')
      else sockets.handleUpgrade(request, socket, head, (ws) => sockets.emit('connection', ws, request))
    })
    await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve))
    url = `ws://127.0.0.1:${(http.address() as AddressInfo).port}`
  })
  afterEach(async () => {
    if (!hasGlobal) Reflect.deleteProperty(globalThis, 'WebSocket')
    for (const socket of sockets.clients) socket.terminate()
    await new Promise((resolve) => http.close(resolve))
  })

  it('carries text both ways and never puts the token into the address', async () => {
    sockets.on('connection', (socket) => socket.on('message', (data) => socket.send(`echo ${data}`)))
    const client = listen(open, `${url}/v1/ws`)
    await client.opening
    client.transport.send('ä')
    await client.hearing
    expect(client.seen).toContain('echo ä')
    const shown = name === 'ws' ? headers['authorization'] : headers['sec-websocket-protocol']
    expect(shown).toBe(name === 'ws' ? 'Bearer secret' : 'muster.v1,bearer.secret')
    client.transport.close(1000, 'bye')
    expect(await client.end).toMatchObject({ kind: 'closed', code: 1000 })
    client.transport.send('into the void')
    client.transport.close(1000, 'again')
  })

  it('tells the close code of the server', async () => {
    sockets.on('connection', (socket) => socket.close(4409, 'replaced'))
    expect(await listen(open, url).end).toEqual({ kind: 'closed', code: 4409, reason: 'replaced' })
  })

  it('tells a refused upgrade from a failed connection where the platform can', async () => {
    const refused = await listen(open, `${url}/refused`).end
    expect(refused).toMatchObject(name === 'ws' ? { kind: 'refused', status: 401 } : { kind: 'failed' })
    expect(await listen(open, 'ws://127.0.0.1:1').end).toMatchObject({ kind: 'failed' })
  })

  it('can be closed before it is open', async () => {
    const client = listen(open, url)
    client.transport.close(1000, '')
    expect(await client.end).toMatchObject({ kind: 'failed' })
  })

  it('ignores binary frames', async () => {
    sockets.on('connection', (socket) => {
      socket.send(Buffer.from('binary'))
      socket.send('text')
    })
    const client = listen(open, url)
    await client.hearing
    expect(client.seen).toEqual(['text'])
    client.transport.close(1000, '')
    await client.end
  })

  it('reports pings as signs of life where the platform shows them', async () => {
    sockets.on('connection', (socket) => {
      socket.ping()
      socket.send('after the ping')
    })
    const client = listen(open, url)
    await client.hearing
    expect(client.seen).toEqual(name === 'ws' ? ['alive', 'after the ping'] : ['after the ping'])
    client.transport.close(1000, '')
    await client.end
  })
})
