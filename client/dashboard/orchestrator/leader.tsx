import type { Output } from '../../browser.ts'
import { Badge } from '../parts/badge.tsx'
import { PeerName, Presence, REACH } from '../parts/peer.tsx'
import { visible } from '../parts/plain-text.ts'
import { Empty, ErrorNote } from '../parts/states.tsx'
import { Time } from '../parts/time.tsx'
import { act, useDoing } from '../session/act.ts'
import { connection } from '../session/connection.ts'
import { useLive } from '../session/live.ts'

export type Leadership = Output<'orchestrators.status'>['leadership']

/** Who leads, since when, whether it is there and how it is reached; who would take over. */
export function Leader({ of }: { readonly of: Leadership }) {
  const { primary, since, standbys, lease, staleAfter } = of
  const found = useLive('peers.get', primary === null ? undefined : { peer: primary.id }, primary === null ? [] : [`peer ${primary.id}`])
  if (primary === null) return <Nobody of={of} />
  const peer = found.data?.peer
  return (
    <div class="leader panel">
      <p>
        <PeerName of={primary} /> leads <bdi>{of.circle}</bdi>
        {since === null ? null : (
          <>
            , since <Time at={since} as="clock" />
          </>
        )}
      </p>
      <p class="leader-line soft">
        {peer ? <Presence of={peer} /> : null}
        {peer?.presence === 'online' ? <span>{REACH[peer.reach as keyof typeof REACH]}</span> : null}
        {peer && peer.presence !== 'online' && peer.lastSeenAt !== null ? (
          <span>
            last seen <Time at={peer.lastSeenAt} />
          </span>
        ) : null}
        {lease === 'lapsing' ? <Badge tone="warn">Away; it leads on if it is back within {staleAfter}</Badge> : null}
        {lease === 'lapsed' ? <Badge tone="bad">Away for too long; the next orchestrator that comes leads</Badge> : null}
      </p>
      {peer && peer.description !== '' ? (
        <p class="soft" dir="auto">
          {visible(peer.description)}
        </p>
      ) : null}
      <Standbys of={standbys} />
    </div>
  )
}

function Standbys({ of }: { readonly of: Leadership['standbys'] }) {
  if (of.length === 0) return null
  return (
    <p class="leader-line soft">
      Standing by:{' '}
      {of.map(({ peer, presence }) => (
        <span key={peer.id}>
          <PeerName of={peer} /> ({presence})
        </span>
      ))}
    </p>
  )
}

/** For orchestrators that are there and have not claimed the circle. */
function Appoint({ circle, standbys }: Pick<Leadership, 'circle' | 'standbys'>) {
  const { busy, error, run } = useDoing()
  const there = standbys.filter(({ presence }) => presence === 'online')
  return (
    <>
      {there.map(({ peer }) => (
        <button
          key={peer.id}
          type="button"
          disabled={busy || connection.value.state !== 'online'}
          onClick={() => void run(() => act('orchestrators.appoint', { peer: peer.id }), `${peer.name} leads ${circle} now.`)}
        >
          Have {peer.name} lead
        </button>
      ))}
      {error ? <ErrorNote>{error}</ErrorNote> : null}
    </>
  )
}

function Nobody({ of: { circle, standbys } }: { readonly of: Leadership }) {
  return (
    <Empty title={`Nobody leads ${circle}.`}>
      <p>An orchestrator splits the work, follows it up, and is the one agent that you talk to here.</p>
      <ol class="leader-steps">
        <li>
          In a folder of its own, run <code>muster orchestrator init</code>.
        </li>
        <li>Start your agent program there. Its session joins as an orchestrator, and leads as soon as it claims the circle.</li>
      </ol>
      <Appoint circle={circle} standbys={standbys} />
    </Empty>
  )
}
