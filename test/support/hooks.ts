import { createHmac } from 'node:crypto'

/** Secrets as each program makes them. */
export const SECRETS = {
  github: "It's a Secret to Everybody",
  gitlab: 'glhook-7f3c9e5a1b2d4c6e8f0a',
  slack: '8f742231b10e8888abcd99yyyzzz85a5',
  stripe: 'whsec_4eC39HqLyjWDarjtT1zdp7dcTYooMQauvdEDq54NiTphI7jx',
  standard: 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw',
} as const
export type Program = keyof typeof SECRETS

interface Sending {
  readonly id: string
  /** Seconds since 1970. */
  readonly time: number
  readonly event?: string
  readonly secret?: string
}

/** The headers with which each program sends a body, after its documentation and without any code of the daemon. */
export const HEADERS: Readonly<Record<Program, (body: string, sending: Sending) => Record<string, string>>> = {
  github: (body, { id, event = 'push', secret = SECRETS.github }) => ({
    'X-GitHub-Event': event,
    'X-GitHub-Delivery': id,
    'X-Hub-Signature-256': `sha256=${createHmac('sha256', secret).update(body).digest('hex')}`,
  }),
  gitlab: (_body, { id, event = 'Push Hook', secret = SECRETS.gitlab }) => ({ 'X-Gitlab-Event': event, 'Idempotency-Key': id, 'X-Gitlab-Token': secret }),
  slack: (body, { time, secret = SECRETS.slack }) => ({
    'X-Slack-Request-Timestamp': String(time),
    'X-Slack-Signature': `v0=${createHmac('sha256', secret).update(`v0:${time}:${body}`).digest('hex')}`,
  }),
  stripe: (body, { time, secret = SECRETS.stripe }) => ({
    // While a secret is rolled there are two, and one of an older scheme.
    'Stripe-Signature': `t=${time},v1=${'0'.repeat(64)},v1=${createHmac('sha256', secret).update(`${time}.${body}`).digest('hex')},v0=6ffbb59b2300aae63f272406069a9788598b792a944a07aba816edb039989a39`,
  }),
  standard: (body, { id, time, secret = SECRETS.standard }) => {
    const key = Buffer.from(secret.replace('whsec_', ''), 'base64')
    const signature = createHmac('sha256', key).update(`${id}.${time}.${body}`).digest('base64')
    return { 'webhook-id': id, 'webhook-timestamp': String(time), 'webhook-signature': `v1,${Buffer.alloc(32).toString('base64')} v1,${signature}` }
  },
}

/** An event as each program sends it, with its name and its id where those stand in the body. */
export const bodyOf = (program: Program, id: string, event: string, more: object = {}): string =>
  JSON.stringify(
    program === 'slack'
      ? { event_id: id, event: { type: event }, ...more }
      : program === 'stripe'
        ? { id, type: event, ...more }
        : program === 'standard'
          ? { type: event, ...more }
          : { n: id, ...more },
  )
