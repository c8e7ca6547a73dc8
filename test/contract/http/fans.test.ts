import { expect, it } from 'vitest'
import { HttpClient } from '../support/http-client.ts'
import { until } from '../support/mcp-client.ts'
import { TestDaemon } from '../support/test-daemon.ts'

it('a fan is opened, waited for, read and cancelled over HTTP', async () => {
  await using daemon = await TestDaemon.start()
  const [ada, bob] = [await daemon.register({ name: 'ada' }), await daemon.register({ name: 'bob' })]
  await daemon.register({ name: 'eve' })
  const http = new HttpClient(daemon.url, ada.token)
  const opened = await http.request('POST', '/v1/fans', { body: { to: ['bob', 'eve'], body: 'Ready?', enough: 1, causedBy: null } })
  expect(opened.status).toBe(201)
  const { fan, sent } = opened.body as { fan: { id: string }; sent: { thread: string }[] }
  const waiting = http.request('GET', `/v1/fans/${fan.id}/wait?timeout=1h`)
  await until(() => (daemon.daemon.core.runner.stats.calls.get('fans.wait') ?? 0) === 1)
  const answerer = new HttpClient(daemon.url, bob.token)
  expect((await answerer.request('POST', `/v1/threads/${sent[0]?.thread}/answer`, { body: { body: 'Yes.' } })).status).toBe(200)
  expect((await waiting).body).toMatchObject({ timedOut: false, fan: { id: fan.id, state: 'enough' } })
  expect((await http.request('GET', `/v1/fans/${fan.id}`)).body).toMatchObject({ outcomes: [{ answer: { body: 'Yes.' } }, { state: 'cancelled' }] })
  expect((await http.request('GET', '/v1/fans?limit=1')).body).toMatchObject({ fans: [{ id: fan.id }] })
  expect((await http.request('POST', `/v1/fans/${fan.id}/cancel`, { body: {} })).body).toMatchObject({ changed: false })
  expect((await answerer.request('GET', `/v1/fans/${fan.id}`)).status).toBe(404)
  expect((await http.request('POST', '/v1/broadcasts', { body: { body: 'Done.', causedBy: null } })).body).toMatchObject({
    sent: [{ to: { name: 'bob' } }, { to: { name: 'eve' } }],
  })
  await daemon.expectHealthy()
})
