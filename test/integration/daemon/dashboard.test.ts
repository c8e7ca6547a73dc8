import { request } from 'node:http'
import { brotliDecompressSync } from 'node:zlib'
import { expect, test } from 'vitest'
import { readPageFiles } from '../../../daemon/gateway/dashboard/files.ts'
import { createTestDaemon } from '../../support/daemon.ts'

interface Got {
  readonly status: number
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
  readonly body: Buffer
}

/** A request whose path is sent as it is: fetch would tidy it up. */
function get(url: string, path: string, headers: Readonly<Record<string, string>> = {}, method = 'GET'): Promise<Got> {
  const { hostname, port } = new URL(url)
  return new Promise((resolve, reject) => {
    const sent = request({ hostname, port, path, headers, method, agent: false }, (response) => {
      const parts: Buffer[] = []
      response.on('data', (part: Buffer) => parts.push(part))
      response.on('end', () => resolve({ status: response.statusCode ?? 0, headers: response.headers, body: Buffer.concat(parts) }))
    })
    sent.on('error', reject)
    sent.end()
  })
}

const PAGE = { accept: 'text/html' }
const files = await readPageFiles()

test.skipIf(!files)('every place of the dashboard is one page, under a policy that lets nothing else in', async () => {
  await using daemon = await createTestDaemon()
  const { url } = daemon
  for (const path of ['/', '/threads/thr_290wfn1', '/node', '/settings/devices?x=1', '/nothing/of/ours']) {
    const { status, headers, body } = await get(url, path, PAGE)
    expect([path, status, headers['content-type']]).toEqual([path, 200, 'text/html; charset=utf-8'])
    expect(String(body)).toContain('<div id="app">')
    expect(headers['cache-control']).toBe('no-cache')
    const policy = String(headers['content-security-policy'])
    for (const rule of ["default-src 'none'", "script-src 'self'", "style-src 'self'", "frame-ancestors 'none'", "require-trusted-types-for 'script'"])
      expect(policy).toContain(rule)
    expect(policy).not.toMatch(/unsafe|https?:|\*|data:/)
    expect(headers).toMatchObject({ 'x-content-type-options': 'nosniff', 'referrer-policy': 'no-referrer', 'cross-origin-opener-policy': 'same-origin' })
  }
})

test.skipIf(!files)('a file is sent compressed, once, and not again while it is the same', async () => {
  await using daemon = await createTestDaemon()
  const path = [...(files?.keys() ?? [])].find((name) => /^\/assets\/index-.*\.js$/.test(name)) ?? ''
  const plain = await get(daemon.url, path)
  const packed = await get(daemon.url, path, { 'accept-encoding': 'gzip, br' })
  expect(plain.headers).toMatchObject({ 'content-type': 'text/javascript; charset=utf-8', 'cache-control': 'public, max-age=31536000, immutable' })
  expect(packed.headers['content-encoding']).toBe('br')
  expect(brotliDecompressSync(packed.body).equals(plain.body)).toBe(true)
  expect(packed.body.length).toBeLessThan(plain.body.length / 2)
  const same = await get(daemon.url, path, { 'if-none-match': String(plain.headers['etag']) })
  expect([same.status, same.body.length]).toEqual([304, 0])
  const head = await get(daemon.url, '/', {}, 'HEAD')
  expect([head.status, head.body.length]).toEqual([200, 0])
})

test('what is no place and no file stays an error, for programs as JSON', async () => {
  await using daemon = await createTestDaemon()
  const { url } = daemon
  const strange = [
    '/v1/nothing',
    '/mcp/x',
    '/hooks',
    '/assets/none.js',
    '/assets/../../../package.json',
    '/..%2f..%2fpackage.json',
    '/%2e%2e/package.json',
    '/index.html.br',
    '/main.tsx',
  ]
  for (const path of strange) {
    const { status, headers } = await get(url, path, PAGE)
    expect([path, status, headers['content-type']]).toEqual([
      path,
      expect.toSatisfy((code: number) => code >= 400 && code < 500),
      'application/json; charset=utf-8',
    ])
  }
  expect((await get(url, '/threads')).status).toBe(404)
  expect((await get(url, '/threads', PAGE, 'POST')).status).toBe(404)
  expect((await get(url, '/', { ...PAGE, host: 'evil.example' })).status).toBe(403)
})
