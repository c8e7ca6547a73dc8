import { execFileSync, spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { request } from 'node:https'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { WebSocket } from 'ws'
import { ConfigError, loadConfig } from '../../../daemon/config.ts'
import { type Daemon, startDaemon } from '../../../daemon/main.ts'
import { HttpClient } from '../../contract/support/http-client.ts'

const NAME = 'crew.example.org'
let folder: string
let daemon: Daemon
let admin: HttpClient
let ca: Buffer

const quiet = () => undefined
const log = { debug: quiet, info: quiet, warn: quiet, error: quiet }
const configured = (home: string, more: Readonly<Record<string, string>>) =>
  loadConfig({ MUSTER_HOME: home, MUSTER_PORT: '0', MUSTER_TLS_PORT: '0', MUSTER_TLS_HOST: '127.0.0.1', ...more }, home)

function makeCertificate(): void {
  const [key, cert] = [join(folder, 'key.pem'), join(folder, 'cert.pem')]
  const args = ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2', '-subj', `/CN=${NAME}`]
  execFileSync('openssl', [...args, '-addext', `subjectAltName=DNS:${NAME}`, '-keyout', key, '-out', cert], { stdio: 'ignore' })
  writeFileSync(join(folder, 'both.pem'), `${readFileSync(cert, 'utf8')}${readFileSync(key, 'utf8')}`, { mode: 0o600 })
  ca = readFileSync(cert)
}

interface Reply {
  readonly status: number | undefined
  readonly cookie: string
  readonly body: { readonly half?: string; readonly pairing?: { readonly id: string; readonly comparison: string } }
}

const place = () => ({ host: '127.0.0.1', port: daemon.tlsPort, servername: NAME, ca })

function send(method: string, path: string, headers: Readonly<Record<string, string>>, body?: object): Promise<Reply> {
  return new Promise((resolve, reject) => {
    const sent = request({ ...place(), method, path, headers: { host: NAME, 'content-type': 'application/json', ...headers } }, (response) => {
      let text = ''
      response.on('data', (chunk) => (text += String(chunk)))
      response.on('end', () => resolve({ status: response.statusCode, cookie: String(response.headers['set-cookie'] ?? ''), body: JSON.parse(text || '{}') }))
    })
    sent.on('error', reject)
    sent.end(body && JSON.stringify(body))
  })
}

describe.skipIf(spawnSync('openssl', ['version']).status !== 0)('a certificate of one’s own', () => {
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'muster-tls-'))
    makeCertificate()
    const home = join(folder, 'home')
    const config = configured(home, { MUSTER_TLS_CERT: join(folder, 'both.pem'), MUSTER_PUBLIC_URL: `https://${NAME}:6879` })
    daemon = await startDaemon({ config, log, onFatal: quiet })
    admin = new HttpClient(daemon.url, readFileSync(config.paths.adminToken, 'utf8').trim())
  })
  afterAll(async () => {
    await daemon.stop()
    rmSync(folder, { recursive: true, force: true })
  })

  it('serves the doors by another name, and a cookie that is sent over TLS alone', async () => {
    const { code, url } = await admin.call('pairings.begin', {})
    expect(url).toBe(`https://${NAME}:6879/pair`)
    const origin = `https://${NAME}`
    const { status, cookie, body } = await send('POST', '/pair', { origin }, { code, device: 'phone' })
    expect(status).toBe(200)
    expect(cookie).toMatch(/^__Host-muster=mp_[0-9a-z]{24}; Path=\/; Max-Age=\d+; HttpOnly; SameSite=Strict; Secure$/)
    await admin.call('pairings.confirm', { pairing: body.pairing?.id ?? '', comparison: body.pairing?.comparison ?? '' })
    const kept = { cookie: cookie.split(';')[0] ?? '', 'muster-device': body.half ?? '' }
    expect((await send('GET', '/v1/devices', kept)).status).toBe(200)
    expect((await send('GET', '/v1/devices', { ...kept, host: 'elsewhere.example' })).status).toBe(403)
    // The cookie of a page over TLS is worth nothing without it.
    expect((await fetch(`${daemon.url}/v1/devices`, { headers: kept })).status).toBe(401)
    const socket = new WebSocket(`wss://127.0.0.1:${daemon.tlsPort}/v1/ws`, ['muster.v1', `device.${body.half}`], {
      ...place(),
      headers: { host: NAME, origin, cookie: kept.cookie },
    })
    await new Promise((resolve, reject) => socket.once('open', resolve).once('error', reject))
    socket.close()
  })

  it('leaves the plain door to this machine, and closes with the daemon', async () => {
    expect((await fetch(`${daemon.url}/health`)).status).toBe(200)
    expect(new URL(daemon.url)).toMatchObject({ protocol: 'http:', hostname: '127.0.0.1' })
  })

  it.each(['nowhere.pem', 'key.pem'])('that is %s keeps the daemon from starting, and says why', async (name) => {
    const config = configured(join(folder, 'other'), { MUSTER_TLS_CERT: join(folder, name) })
    await expect(startDaemon({ config, log, onFatal: quiet })).rejects.toThrow(ConfigError)
  })
})
