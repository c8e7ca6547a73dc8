import { useState } from 'preact/hooks'
import { encode } from 'uqr'
import type { Output } from '../../browser.ts'
import { Section } from '../parts/page.tsx'
import { ErrorNote } from '../parts/states.tsx'
import { Time } from '../parts/time.tsx'
import { act, useDoing } from '../session/act.ts'
import { useLive } from '../session/live.ts'

type Begun = Output<'pairings.begin'>
type Pairing = Begun['pairing']

/** Another device for this person: a code to scan, then digits to compare, as the pairing of a phone goes. */
export function AddDevice() {
  const [begun, setBegun] = useState<Begun>()
  const { busy, error, run } = useDoing()
  const { data } = useLive('pairings.list', begun ? {} : undefined, ['pairing'])
  const pairing = data?.pairings.find(({ id }) => id === begun?.pairing.id)
  const begin = (): void => void run(async () => setBegun(await act('pairings.begin', {})))
  const isOver = pairing?.state === 'paired' || pairing?.state === 'ended'
  return (
    <Section title="Add a device">
      {begun && !isOver ? (
        <Pairing begun={begun} pairing={pairing ?? begun.pairing} />
      ) : (
        <>
          {pairing?.state === 'ended' ? <p class="soft">The device was not paired. {pairing.reason}</p> : null}
          {pairing?.state === 'paired' ? (
            <p class="soft" role="status">
              <bdi>{pairing.device}</bdi> is paired.
            </p>
          ) : null}
          <button type="button" disabled={busy} onClick={begin}>
            Show a code
          </button>
        </>
      )}
      {error ? <ErrorNote>{error}</ErrorNote> : null}
    </Section>
  )
}

function Pairing({ begun: { code, url }, pairing }: { readonly begun: Begun; readonly pairing: Pairing }) {
  const address = `${url ?? `${location.origin}/pair`}#${code}`
  return (
    <div class="panel pairing">
      {pairing.state === 'redeemed' ? (
        <Compare pairing={pairing} />
      ) : (
        <>
          <Code of={address} />
          <div>
            <p>Scan this with the other device, or open {new URL(address).origin}/pair there and type the code.</p>
            <p class="pairing-code">{code}</p>
            <p class="soft">
              Works once, for <Time at={pairing.expiresAt} as="countdown" />.
            </p>
          </div>
        </>
      )}
      <Cancel pairing={pairing} />
    </div>
  )
}

function Compare({ pairing }: { readonly pairing: Pairing }) {
  const { busy, error, run } = useDoing()
  const confirm = (): void => void run(() => act('pairings.confirm', { pairing: pairing.id, comparison: pairing.comparison ?? '' }))
  return (
    <div>
      <p>
        <bdi>{pairing.device}</bdi> has used the code. It is yours if it shows these digits:
      </p>
      <p class="pairing-digits">{pairing.comparison}</p>
      {pairing.reused > 0 ? <ErrorNote>The code was used a second time: somebody else has it. Cancel, and show a new code.</ErrorNote> : null}
      {error ? <ErrorNote>{error}</ErrorNote> : null}
      <button type="button" class="primary" disabled={busy} onClick={confirm}>
        The digits are the same
      </button>
    </div>
  )
}

function Cancel({ pairing }: { readonly pairing: Pairing }) {
  const { busy, error, run } = useDoing()
  return (
    <>
      {error ? <ErrorNote>{error}</ErrorNote> : null}
      <button type="button" class="quiet" disabled={busy} onClick={() => void run(() => act('pairings.cancel', { pairing: pairing.id }))}>
        Cancel
      </button>
    </>
  )
}

/** A QR code, dark on light whatever the colours of the page are, as readers want it. */
function Code({ of }: { readonly of: string }) {
  const { data, size } = encode(of, { border: 2 })
  const path = data.flatMap((row, y) => row.flatMap((isDark, x) => (isDark ? [`M${x} ${y}h1v1h-1z`] : []))).join('')
  return (
    <svg class="qr" viewBox={`0 0 ${size} ${size}`} role="img" aria-label="QR code of the pairing page">
      <title>QR code of the pairing page</title>
      <path d={path} />
    </svg>
  )
}
