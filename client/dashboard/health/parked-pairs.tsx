import { Section } from '../parts/page.tsx'
import { PeerName } from '../parts/peer.tsx'
import { visible } from '../parts/plain-text.ts'
import { ErrorNote, Loaded } from '../parts/states.tsx'
import { Time } from '../parts/time.tsx'
import { act, useDoing } from '../session/act.ts'
import { useLive } from '../session/live.ts'

/** Peers that answered each other on and on, and may not for now. */
export function ParkedPairs() {
  const found = useLive('pairs.list', {}, ['pair'])
  const { busy, error, run } = useDoing()
  if (!found.data || found.data.pairs.length === 0) return null
  return (
    <Section title="Parked pairs" count={found.data.pairs.length}>
      <Loaded of={found}>
        {({ pairs }) => (
          <ul class="rows">
            {pairs.map(({ a, b, reason, until }) => (
              <li key={`${a.id} ${b.id}`} class="row">
                <div class="row-main">
                  <PeerName of={a} /> and <PeerName of={b} />
                  <p class="row-sub">
                    {visible(reason)}; until <Time at={until} as="clock" />
                  </p>
                </div>
                <button
                  type="button"
                  class="small"
                  disabled={busy}
                  onClick={() => void run(() => act('pairs.release', { a: a.id, b: b.id }), `${a.name} and ${b.name} may send each other messages again.`)}
                >
                  Release
                </button>
              </li>
            ))}
          </ul>
        )}
      </Loaded>
      {error ? <ErrorNote>{error}</ErrorNote> : null}
    </Section>
  )
}
