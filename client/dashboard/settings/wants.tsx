import type { Input, Output } from '../../browser.ts'
import { ErrorNote } from '../parts/states.tsx'
import { act, useDoing } from '../session/act.ts'

export type Channel = Output<'channels.list'>['channels'][number]

const CHOICES = [
  { want: 'cards', says: 'Cards that wait for you' },
  { want: 'mail', says: 'Urgent messages, and what an orchestrator says' },
] as const

/** What a channel is told. */
export function Wants({ channel }: { readonly channel: Channel }) {
  const { busy, error, run } = useDoing()
  const set = (want: (typeof CHOICES)[number]['want'], isOn: boolean): void => {
    const wants = CHOICES.map((each) => each.want).filter((each) => (each === want ? isOn : channel.wants.includes(each)))
    void run(() => act('channels.set', { channel: channel.id, wants } as Input<'channels.set'>))
  }
  return (
    <fieldset class="wants">
      <legend class="hidden">What is sent to {channel.label}</legend>
      {CHOICES.map(({ want, says }) => (
        <label key={want} class="check">
          <input type="checkbox" disabled={busy} checked={channel.wants.includes(want)} onChange={(event) => set(want, event.currentTarget.checked)} />
          {says}
        </label>
      ))}
      {error ? <ErrorNote>{error}</ErrorNote> : null}
    </fieldset>
  )
}
