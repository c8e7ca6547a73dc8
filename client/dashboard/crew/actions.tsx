import { useState } from 'preact/hooks'
import { Confirm } from '../parts/confirm.tsx'
import { act } from '../session/act.ts'
import type { CrewPeer } from './order.ts'

interface ActionProps {
  readonly of: CrewPeer
  readonly onClose: () => void
}

export function Rename({ of, onClose }: ActionProps) {
  const [name, setName] = useState(of.name)
  return (
    <Confirm
      title={`Rename ${of.name}`}
      does="Rename"
      done={`${of.name} is called ${name.trim()} now.`}
      disabled={name.trim() === '' || name === of.name}
      work={() => act('peers.rename', { peer: of.id, name: name.trim() })}
      onClose={onClose}
    >
      <p>Its id, its mail and its threads stay. Others address it by the new name from now on.</p>
      <label class="field">
        <span>Name</span>
        <input autocapitalize="off" autocomplete="off" spellcheck={false} value={name} onInput={({ currentTarget }) => setName(currentTarget.value)} />
      </label>
    </Confirm>
  )
}

export function Retire({ of, onClose }: ActionProps) {
  const [reason, setReason] = useState('')
  return (
    <Confirm
      title={`Retire ${of.name}`}
      does="Retire for good"
      done={`${of.name} has retired.`}
      danger
      work={() => act('peers.retire', { peer: of.id, ...(reason.trim() !== '' && { reason: reason.trim() }) })}
      onClose={onClose}
    >
      <ul class="plain-list">
        <li>Asks that wait for it fail, and their askers are told.</li>
        <li>Asks that it opened are cancelled.</li>
        <li>Mail that it has not received becomes dead letters.</li>
        <li>Its credentials end: its session is cut off, and cannot come back as this peer.</li>
      </ul>
      <label class="field">
        <span>Reason, which the others are told</span>
        <input maxLength={200} dir="auto" value={reason} onInput={({ currentTarget }) => setReason(currentTarget.value)} />
      </label>
    </Confirm>
  )
}
