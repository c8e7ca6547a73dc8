import { useState } from 'preact/hooks'
import type { Input, Output } from '../../browser.ts'
import { Badge } from '../parts/badge.tsx'
import { Confirm } from '../parts/confirm.tsx'
import { Section } from '../parts/page.tsx'
import { Empty, ErrorNote, Loaded } from '../parts/states.tsx'
import { Time } from '../parts/time.tsx'
import { act, useDoing } from '../session/act.ts'
import { useLive } from '../session/live.ts'
import { type Channel, Wants } from './wants.tsx'

type Available = Output<'channels.list'>['available']
const NAMES = { push: 'Browser', telegram: 'Telegram', ntfy: 'ntfy', webhook: 'Webhook' } as const

/** The other ways to reach this person. */
export function Channels() {
  const found = useLive('channels.list', {}, ['channel', 'credential', 'outbox'])
  return (
    <Section title="Other channels">
      <Loaded of={found}>
        {({ channels, own, available }) => {
          const others = channels.filter(({ id, endedAt }) => id !== own && endedAt === null)
          return (
            <>
              {others.length > 0 ? (
                <ul class="rows">
                  {others.map((each) => (
                    <ChannelRow key={each.id} channel={each} />
                  ))}
                </ul>
              ) : null}
              <Add available={available} />
            </>
          )
        }}
      </Loaded>
    </Section>
  )
}

function ChannelRow({ channel }: { readonly channel: Channel }) {
  const [ending, setEnding] = useState(false)
  const { busy, error, run } = useDoing()
  return (
    <li class="row">
      <div class="row-main">
        <span class="row-title">
          {NAMES[channel.kind as keyof typeof NAMES] ?? channel.kind}: <bdi>{channel.label}</bdi>
        </span>
        <p class="row-sub">
          Connected <Time at={channel.boundAt} /> on {channel.device}
          {channel.lastSentAt ? (
            <>
              , last message <Time at={channel.lastSentAt} />
            </>
          ) : null}
        </p>
        {channel.confirmed ? <Wants channel={channel} /> : <Unconfirmed channel={channel} />}
        {channel.dead > 0 ? <Badge tone="bad">{channel.dead} not delivered</Badge> : null}
        {channel.problem ? <ErrorNote>{channel.problem}</ErrorNote> : null}
        {error ? <ErrorNote>{error}</ErrorNote> : null}
      </div>
      <div class="row-side">
        {channel.confirmed ? (
          <button
            type="button"
            class="small"
            disabled={busy}
            onClick={() => void run(() => act('channels.test', { channel: channel.id }), 'A test message was sent.')}
          >
            Test<span class="hidden"> {channel.label}</span>
          </button>
        ) : null}
        <button type="button" class="small danger" onClick={() => setEnding(true)}>
          Disconnect<span class="hidden"> {channel.label}</span>
        </button>
      </div>
      {ending ? (
        <Confirm
          title={`Disconnect ${channel.label}?`}
          does="Disconnect"
          danger
          onClose={() => setEnding(false)}
          work={() => act('channels.unbind', { channel: channel.id })}
          done={`${channel.label} is disconnected.`}
        >
          <p>It gets no more messages, and what is sent from there no longer counts as yours.</p>
        </Confirm>
      ) : null}
    </li>
  )
}

/** Whoever reads along could have sent the code first, so its person says whether the account is the right one. */
function Unconfirmed({ channel }: { readonly channel: Channel }) {
  const { busy, error, run } = useDoing()
  return (
    <>
      <p>
        <bdi>{channel.label}</bdi> has sent the code. Is that you? Until you confirm it, it gets no messages and decides nothing.
      </p>
      {error ? <ErrorNote>{error}</ErrorNote> : null}
      <button
        type="button"
        class="small primary"
        disabled={busy}
        onClick={() => void run(() => act('channels.confirm', { channel: channel.id }), `${channel.label} is connected.`)}
      >
        Yes, that is me
      </button>
    </>
  )
}

function Add({ available }: { readonly available: Available }) {
  const [code, setCode] = useState<string>()
  const [topic, setTopic] = useState('')
  const { busy, error, run } = useDoing()
  const bind = (input: Input<'channels.bind'>, done?: string): void =>
    void run(async () => {
      const bound = await act('channels.bind', input)
      setCode(bound.code ?? undefined)
      setTopic('')
    }, done)
  if (!available.telegram && !available.ntfy && available.webhooks.length === 0)
    return (
      <Empty title="No other channel is set up.">
        <p>
          Telegram, ntfy and webhooks are set up on the machine of the daemon: <code>muster config --help</code> lists <code>telegram</code>, <code>ntfy</code>{' '}
          and <code>webhooks</code>.
        </p>
      </Empty>
    )
  return (
    <div class="panel add-channel">
      {available.telegram ? (
        <div>
          <button type="button" disabled={busy} onClick={() => bind({ kind: 'telegram' })}>
            Add Telegram
          </button>
          {code ? (
            <p>
              Send <code>/start {code}</code> to the bot, in a private chat and from your own account. It works once.
            </p>
          ) : null}
        </div>
      ) : null}
      {available.ntfy ? (
        <form
          class="inline-form"
          onSubmit={(event) => {
            event.preventDefault()
            bind({ kind: 'ntfy', topic }, 'The channel was added.')
          }}
        >
          <input
            aria-label="ntfy topic"
            placeholder="ntfy topic"
            required
            maxLength={64}
            value={topic}
            onInput={(event) => setTopic(event.currentTarget.value)}
          />
          <button type="submit" disabled={busy}>
            Add ntfy
          </button>
        </form>
      ) : null}
      {available.webhooks.map((webhook) => (
        <button key={webhook} type="button" disabled={busy} onClick={() => bind({ kind: 'webhook', webhook }, 'The channel was added.')}>
          Add webhook {webhook}
        </button>
      ))}
      {error ? <ErrorNote>{error}</ErrorNote> : null}
    </div>
  )
}
