import { createHash } from 'node:crypto'
import { createConfig, lintFromString } from '@redocly/openapi-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createOpenApi } from '../../../daemon/gateway/rest/openapi.ts'
import { httpRoutes } from '../../../src/contract/routes.ts'
import { type Answer, HttpClient } from '../support/http-client.ts'
import { TestDaemon } from '../support/test-daemon.ts'

let daemon: TestDaemon
/** Nobody: what describes the door is for all. */
let http: HttpClient

beforeAll(async () => {
  daemon = await TestDaemon.start()
  http = new HttpClient(daemon.url)
})

afterAll(async () => {
  await daemon.expectHealthy()
  await daemon[Symbol.asyncDispose]()
})

describe('the OpenAPI document', () => {
  const document = createOpenApi('0.0.0')
  const operations = Object.entries(document.paths).flatMap(([path, item]) =>
    Object.entries(item).map(([method, operation]) => ({ path, method, ...operation })),
  )

  it('passes the recommended rules of its linter', async () => {
    // The package says nothing of a licence yet.
    const config = await createConfig({ extends: ['recommended'], rules: { 'info-license': 'off' } })
    const lint = (source: unknown) => lintFromString({ source: JSON.stringify(source), absoluteRef: 'openapi.json', config })
    expect((await lint(document)).map(({ ruleId, message }) => `${ruleId}: ${message}`)).toEqual([])
    expect(await lint({ ...document, components: {} })).not.toEqual([])
  })

  it('has every operation that has a route, and no other', () => {
    const described = operations.map(({ operationId, method, path }) => `${operationId} ${method.toUpperCase()} ${path}`)
    expect(described.sort()).toEqual(
      httpRoutes()
        .map(({ operation, method, path }) => `${operation} ${method} ${path.replaceAll(/:(\w+)/g, '{$1}')}`)
        .sort(),
    )
  })

  it('says of each operation what it takes, gives, and how it may fail', () => {
    for (const { operationId, method, summary, tags, responses, requestBody } of operations) {
      expect(summary, operationId).toMatch(/\.$/)
      expect(tags, operationId).toEqual([operationId.split('.')[0]])
      expect(
        Object.keys(responses).filter((status) => status.startsWith('2')),
        operationId,
      ).toHaveLength(1)
      for (const status of ['401', '403', '422', '500', '503']) expect(Object.keys(responses), operationId).toContain(status)
      if (requestBody) expect(['post', 'patch', 'put'], operationId).toContain(method)
    }
  })

  it('names the types of the contract once, and leaves room for fields to come', () => {
    expect(Object.keys(document.components.schemas)).toEqual(expect.arrayContaining(['Thread', 'Message', 'Peer', 'Delivery', 'Event', 'ThreadId', 'Error']))
    expect(document.components.schemas['Thread']).not.toHaveProperty('additionalProperties')
    expect(document.components.schemas['ThreadsAskRequest']).toHaveProperty('additionalProperties', false)
  })

  it('is served to anybody, and again only where it has changed', async () => {
    const first = await http.request('GET', '/v1/openapi.json')
    expect([first.status, first.headers.get('content-type')]).toEqual([200, 'application/json; charset=utf-8'])
    expect(first.body).toEqual({ ...document, info: { ...document.info, version: daemon.daemon.core.status().version } })
    const etag = first.headers.get('etag') ?? ''
    for (const known of [etag, `W/${etag}`, `"other", ${etag}`, '*']) {
      const again = await http.request('GET', '/v1/openapi.json', { headers: { 'if-none-match': known } })
      expect([again.status, again.body, again.headers.get('etag')], known).toEqual([304, undefined, etag])
    }
    expect((await http.request('GET', '/v1/openapi.json', { headers: { 'if-none-match': '"other"' } })).status).toBe(200)
    expect(await http.request('HEAD', '/v1/openapi.json')).toMatchObject({ status: 200, body: undefined })
    expect((await http.request('POST', '/v1/openapi.json')).headers.get('allow')).toBe('GET, HEAD, OPTIONS')
    expect((await http.request('GET', '/v1/openapi.json', { headers: { origin: 'https://evil.example' } })).status).toBe(403)
  })
})

describe('the reference page', () => {
  let page: Answer
  let text: string

  beforeAll(async () => {
    page = await http.request('GET', '/v1/docs')
    text = page.body as string
  })

  it('has every operation, and a target for each of its links', () => {
    expect([page.status, page.headers.get('content-type')]).toEqual([200, 'text/html; charset=utf-8'])
    const targets = [...text.matchAll(/ id="([^"]+)"/g)].map(([, id]) => id)
    expect(new Set(targets).size).toBe(targets.length)
    for (const { operation } of httpRoutes()) expect(targets).toContain(operation)
    const links = [...text.matchAll(/ href="([^"]+)"/g)].map(([, href]) => href as string)
    expect(links.length).toBeGreaterThan(300)
    expect(links.filter((href) => !targets.includes(href.slice(1)) && !['data:,', '/v1/openapi.json'].includes(href))).toEqual([])
  })

  it('needs no script and nothing from elsewhere, and its policy allows neither', () => {
    expect(text).not.toMatch(/<script|<link rel="stylesheet|<img|<iframe|@import|url\(| on\w+=| style=/)
    const style = /<style>([\s\S]*?)<\/style>/.exec(text)?.[1] ?? ''
    expect(page.headers.get('content-security-policy')?.split('; ')).toEqual([
      "default-src 'none'",
      `style-src 'sha256-${createHash('sha256').update(style).digest('base64')}'`,
      'img-src data:',
      "base-uri 'none'",
      "form-action 'none'",
      "frame-ancestors 'none'",
    ])
    expect([page.headers.get('x-content-type-options'), page.headers.get('referrer-policy')]).toEqual(['nosniff', 'no-referrer'])
  })

  it('is well formed: every element that is opened is closed, and text in it is escaped', () => {
    const open: string[] = []
    for (const [, slash, name = ''] of text.matchAll(/<(\/?)([a-z][a-z0-9]*)[^>]*>/g)) {
      if (['meta', 'link'].includes(name)) continue
      if (slash) expect(open.pop()).toBe(name)
      else open.push(name)
    }
    expect(open).toEqual([])
    expect(text).toContain('role:&lt;role&gt;')
  })
})
