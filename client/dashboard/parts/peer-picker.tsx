import { useId, useState } from 'preact/hooks'
import { useLive } from '../session/live.ts'
import { type Choice, choicesOf, matching } from './addresses.ts'

interface PeerPickerProps {
  readonly label: string
  readonly value: string
  /** `isOne`: what was typed or chosen is one of what there is to choose from. */
  readonly onChange: (address: string, isOne: boolean) => void
  /** Only peers, no selectors. */
  readonly onlyPeers?: boolean
}

/** A field for an address, with what there is to choose from. Anything else may be typed, too. */
export function PeerPicker({ label, value, onChange, onlyPeers = false }: PeerPickerProps) {
  const [open, setOpen] = useState(false)
  const [at, setAt] = useState(-1)
  const id = useId()
  const peers = useLive('peers.list', { limit: 200 }, ['peer'])
  const all = choicesOf(peers.data?.peers ?? [], onlyPeers)
  const choices = matching(all, value)
  const isOpen = open && choices.length > 0
  const choose = ({ address }: Choice): void => {
    onChange(address, true)
    setOpen(false)
    setAt(-1)
  }
  const onKeyDown = (event: KeyboardEvent): void => {
    const chosen = choices[at]
    if (event.key === 'Escape' && isOpen) setOpen(false)
    else if (event.key === 'Enter' && isOpen && chosen) choose(chosen)
    else if (event.key === 'ArrowDown' || event.key === 'ArrowUp') {
      setOpen(true)
      setAt((at + (event.key === 'ArrowDown' ? 1 : -1) + choices.length) % Math.max(1, choices.length))
    } else return
    event.preventDefault()
  }
  return (
    <div class="field picker">
      <label for={id}>{label}</label>
      <input
        id={id}
        role="combobox"
        aria-expanded={isOpen}
        aria-controls={`${id}-list`}
        aria-autocomplete="list"
        aria-activedescendant={isOpen && at >= 0 ? `${id}-${at}` : undefined}
        autocomplete="off"
        autocapitalize="none"
        spellcheck={false}
        placeholder={onlyPeers ? 'Anybody' : 'A name, or all of a circle'}
        value={value}
        onFocus={() => setOpen(true)}
        onClick={() => setOpen(true)}
        onBlur={() => setOpen(false)}
        onInput={({ currentTarget }) => {
          const typed = currentTarget.value.trim()
          onChange(
            typed,
            all.some(({ address }) => address === typed),
          )
          setOpen(true)
          setAt(-1)
        }}
        onKeyDown={onKeyDown}
      />
      {/* A tap must not take the focus from the field before it is taken. */}
      <div id={`${id}-list`} class="picker-list" role="listbox" aria-label={label} hidden={!isOpen} onMouseDown={(event) => event.preventDefault()}>
        {choices.map((choice, index) => (
          // biome-ignore lint/a11y/useKeyWithClickEvents: the field takes the keys
          // biome-ignore lint/a11y/useFocusableInteractive: the field keeps the focus, and names the active one
          <div key={choice.address} id={`${id}-${index}`} role="option" aria-selected={index === at} onClick={() => choose(choice)}>
            <bdi>{choice.address}</bdi> <span class="soft">{choice.says}</span>
          </div>
        ))}
      </div>
    </div>
  )
}
