import { useState } from 'preact/hooks'
import type { Output } from '../../browser.ts'
import { Badge } from '../parts/badge.tsx'
import { Confirm } from '../parts/confirm.tsx'
import { Section } from '../parts/page.tsx'
import { ErrorNote, Loaded } from '../parts/states.tsx'
import { Time } from '../parts/time.tsx'
import { act, useDoing } from '../session/act.ts'
import { ownDevice } from '../session/connection.ts'
import { useLive } from '../session/live.ts'
import { AddDevice } from './add-device.tsx'

type Device = Output<'devices.list'>['devices'][number]

/** The devices that speak for this person: each has a credential of its own, which can be ended by itself. */
export function Devices() {
  const found = useLive('devices.list', {}, ['pairing', 'device', 'credential'])
  return (
    <>
      <Section title="Your devices">
        <Loaded of={found}>
          {({ devices }) => (
            <ul class="rows">
              {devices
                .filter(({ revokedAt }) => revokedAt === null)
                .map((each) => (
                  <DeviceRow key={each.id} device={each} />
                ))}
            </ul>
          )}
        </Loaded>
      </Section>
      <AddDevice />
    </>
  )
}

function DeviceRow({ device }: { readonly device: Device }) {
  const [name, setName] = useState<string>()
  const [ending, setEnding] = useState(false)
  const { busy, error, run } = useDoing()
  const isOwn = device.id === ownDevice.value
  const rename = async (event: Event): Promise<void> => {
    event.preventDefault()
    if (await run(() => act('devices.rename', { device: device.id, name: name ?? device.name }), `The device is called ${name ?? device.name} now.`))
      setName(undefined)
  }
  return (
    <li class="row">
      {name === undefined ? (
        <div class="row-main">
          <span class="row-title">
            <bdi>{device.name}</bdi> {isOwn ? <Badge tone="good">This device</Badge> : null}
          </span>
          <p class="row-sub">
            Paired <Time at={device.pairedAt} />
            {device.lastUsedAt ? (
              <>
                , used <Time at={device.lastUsedAt} />
              </>
            ) : null}
            {device.first ? ', the first device of this node' : ''}
          </p>
        </div>
      ) : (
        <form class="row-main inline-form" onSubmit={rename}>
          <input aria-label="Name of the device" value={name} maxLength={64} required onInput={(event) => setName(event.currentTarget.value)} />
          <button type="submit" class="small" disabled={busy}>
            Save
          </button>
          <button type="button" class="small quiet" onClick={() => setName(undefined)}>
            Cancel
          </button>
        </form>
      )}
      {name === undefined ? (
        <div class="row-side">
          <button type="button" class="small" onClick={() => setName(device.name)}>
            Rename<span class="hidden"> {device.name}</span>
          </button>
          <button type="button" class="small danger" onClick={() => setEnding(true)}>
            Revoke<span class="hidden"> {device.name}</span>
          </button>
        </div>
      ) : null}
      {error ? <ErrorNote>{error}</ErrorNote> : null}
      {ending ? (
        <Confirm
          title={`Revoke ${device.name}?`}
          does="Revoke"
          danger
          onClose={() => setEnding(false)}
          work={() => act('devices.revoke', { device: device.id })}
          done={`${device.name} is revoked.`}
        >
          <p>It can no longer act for you, from now on. To use it again, pair it again.{isOwn ? ' This is the device that you are using.' : ''}</p>
        </Confirm>
      ) : null}
    </li>
  )
}
