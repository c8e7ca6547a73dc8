import { describe, expect, it } from 'vitest'
import { prove, sign, whyNoKey } from '../../../../daemon/ingress/proof.ts'
import { schemeOf, type Verify } from '../../../../daemon/ingress/schemes.ts'
import { bodyOf, HEADERS, type Program, SECRETS } from '../../../support/hooks.ts'

const TIME = 1_700_000_000
const PROGRAMS = Object.keys(SECRETS) as Program[]
const lower = (headers: Readonly<Record<string, string>>) => Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]))
const judge = (verify: Verify, secret: string, headers: Readonly<Record<string, string>>, body: string) =>
  prove(schemeOf(verify), secret, { headers: lower(headers), body: Buffer.from(body) })

describe('a signature that a documentation shows', () => {
  it('of GitHub fits', () => {
    const headers = { 'X-Hub-Signature-256': 'sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17' }
    expect(judge('github', "It's a Secret to Everybody", headers, 'Hello, World!')).toEqual({ ok: true, time: null })
  })

  it('of Slack fits', () => {
    const body =
      'token=xyzz0WbapA4vBCDEFasx0q6G&team_id=T1DC2JH3J&team_domain=testteamnow&channel_id=G8PSS9T3V&channel_name=foobar&user_id=U2CERLKJA&user_name=roadrunner' +
      '&command=%2Fwebhook-collect&text=&response_url=https%3A%2F%2Fhooks.slack.com%2Fcommands%2FT1DC2JH3J%2F397700885554%2F96rGlfmibIGlgcZRskXaIFfN' +
      '&trigger_id=398738663015.47445629121.803a0bc887a14d10d2c447fce8b6703c'
    const headers = {
      'X-Slack-Request-Timestamp': '1531420618',
      'X-Slack-Signature': 'v0=a2114d57b48eac39b9ad189dd8316235a7b4a8d21a10bd27519666489c69b503',
    }
    expect(judge('slack', '8f742231b10e8888abcd99yyyzzz85a5', headers, body)).toEqual({ ok: true, time: 1_531_420_618_000 })
  })

  it('of Standard Webhooks fits', () => {
    const headers = {
      'webhook-id': 'msg_p5jXN8AQM9LWM0D4loKWxJek',
      'webhook-timestamp': '1614265330',
      'webhook-signature': 'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=',
    }
    expect(judge('standard', 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw', headers, '{"test": 2432232314}')).toEqual({ ok: true, time: 1_614_265_330_000 })
  })
})

describe.each(PROGRAMS)('what %s sends', (program) => {
  const body = bodyOf(program, 'e1', 'push')
  const headers = HEADERS[program](body, { id: 'e1', time: TIME })
  const secret = SECRETS[program]

  it('is proven, and signed by us fits as well', () => {
    expect(judge(program, secret, headers, body).ok).toBe(true)
    const ours = sign(schemeOf(program), secret, Buffer.from(body), { id: 'e1', seconds: TIME })
    expect(judge(program, secret, ours, body)).toEqual(judge(program, secret, headers, body))
  })

  it('is not, with another secret, without its header, or with a header of nothing', () => {
    expect(judge(program, `${secret.slice(0, -1)}A`, headers, body).ok).toBe(false)
    expect(judge(program, secret, {}, body).ok).toBe(false)
    const blank = Object.fromEntries(Object.keys(headers).map((name) => [name, '']))
    expect(judge(program, secret, blank, body).ok).toBe(false)
  })
})

describe.each(PROGRAMS.filter((program) => program !== 'gitlab'))('what %s signs', (program) => {
  const body = bodyOf(program, 'e1', 'push')
  const headers = HEADERS[program](body, { id: 'e1', time: TIME })
  const secret = SECRETS[program]

  it('is the body, to the byte', () => {
    expect(judge(program, secret, headers, `${body} `).ok).toBe(false)
    expect(judge(program, secret, headers, body.replace('e1', 'e2').replace('push', 'pusH')).ok).toBe(false)
  })

  it('fits with no character changed or missing', () => {
    const [name, signature] = Object.entries(headers).find(([header]) => /signature/i.test(header)) as [string, string]
    // The last of those that a header may have is the one that fits.
    const from = signature.search(/[0-9a-f]{64},v0=|[0-9a-f]{64}$|[A-Za-z0-9+/]{43}=$/)
    for (const at of [0, 17, 40]) {
      const other = signature[from + at] === '1' ? '2' : '1'
      const changed = `${signature.slice(0, from + at)}${other}${signature.slice(from + at + 1)}`
      expect(judge(program, secret, { ...headers, [name]: changed }, body).ok, `${at}`).toBe(false)
      expect(judge(program, secret, { ...headers, [name]: signature.slice(0, from + at) }, body).ok, `${at}`).toBe(false)
    }
  })
})

describe('a time that is signed', () => {
  it('cannot be changed, and is a number of seconds', () => {
    for (const program of ['slack', 'stripe', 'standard'] as const) {
      const body = bodyOf(program, 'e1', 'push')
      const headers = HEADERS[program](body, { id: 'e1', time: TIME })
      const moved = Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, value.replace(String(TIME), String(TIME + 1))]))
      expect(judge(program, SECRETS[program], moved, body).ok, program).toBe(false)
      const worded = Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, value.replace(String(TIME), '1e9')]))
      expect(judge(program, SECRETS[program], worded, body), program).toMatchObject({ ok: false, why: expect.stringContaining('time') as string })
    }
  })
})

describe('a scheme of one’s own', () => {
  it('takes base64, an id and a time that are signed, and a token behind a prefix', () => {
    const hmac: Verify = {
      by: 'hmac',
      header: 'X-Sign',
      prefix: '',
      encoding: 'base64',
      signed: 'id.timestamp.body',
      timestampHeader: 'X-Time',
      idHeader: 'X-Id',
    }
    const signed = sign(schemeOf(hmac), 'sixteen characters', Buffer.from('{}'), { id: 'i', seconds: TIME })
    expect(Object.keys(signed).sort()).toEqual(['x-id', 'x-sign', 'x-time'])
    expect(judge(hmac, 'sixteen characters', signed, '{}')).toEqual({ ok: true, time: TIME * 1_000 })
    expect(judge(hmac, 'sixteen characters', { ...signed, 'x-id': 'j' }, '{}').ok).toBe(false)
    const token: Verify = { by: 'token', header: 'Authorization', prefix: 'Bearer ' }
    expect(judge(token, 'sixteen characters', { authorization: 'Bearer sixteen characters' }, '{}').ok).toBe(true)
    for (const said of ['sixteen characters', 'Bearer sixteen character', 'Bearer sixteen characters ', 'bearer sixteen characters', 'Bearer '])
      expect(judge(token, 'sixteen characters', { authorization: said }, '{}').ok, said).toBe(false)
  })

  it('knows what is no secret of Standard Webhooks', () => {
    expect(whyNoKey(schemeOf('standard'), SECRETS.standard)).toBeUndefined()
    expect(whyNoKey(schemeOf('standard'), 'whsec_not base64 at all')).toMatch(/whsec_/)
    expect(whyNoKey(schemeOf('github'), 'anything goes here')).toBeUndefined()
  })
})
