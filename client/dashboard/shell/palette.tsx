import { useMemo, useRef, useState } from 'preact/hooks'
import { useLocation } from 'preact-iso'
import { Dialog } from '../parts/dialog.tsx'
import { useLive } from '../session/live.ts'
import { findGoals, type Goal } from './goals.ts'
import { isHelpOpen, isPaletteOpen } from './palette-state.ts'
import { PLACES } from './places.ts'
import { THEMES, theme } from './theme.ts'

const SHOWN = 12

/** Goes anywhere and does what has no place of its own, by typing. */
export function Palette() {
  if (!isPaletteOpen.value) return null
  return (
    <Dialog title="Go to" onClose={close}>
      <Goals />
    </Dialog>
  )
}

function close(): void {
  isPaletteOpen.value = false
}

function Goals() {
  const { route } = useLocation()
  const [query, setQuery] = useState('')
  const [at, setAt] = useState(0)
  const all = useGoals()
  const found = useMemo(() => findGoals(all, query).slice(0, SHOWN), [all, query])
  const list = useRef<HTMLDivElement>(null)
  const take = (goal: Goal | undefined): void => {
    if (!goal) return
    close()
    if (goal.path) route(goal.path)
    goal.run?.()
  }
  const move = (to: number): void => {
    const next = (to + found.length) % Math.max(1, found.length)
    setAt(next)
    list.current?.children[next]?.scrollIntoView({ block: 'nearest' })
  }
  const onKeyDown = (event: KeyboardEvent): void => {
    const handled = { ArrowDown: () => move(at + 1), ArrowUp: () => move(at - 1), Enter: () => take(found[at]) }[event.key]
    if (!handled) return
    event.preventDefault()
    handled()
  }
  return (
    <>
      <input
        type="text"
        role="combobox"
        aria-label="Where to, or what to do"
        aria-expanded="true"
        aria-controls="goals"
        aria-activedescendant={found[at] ? `goal-${at}` : undefined}
        placeholder="A place, a peer, or what to do"
        autocomplete="off"
        autofocus
        value={query}
        onInput={(event) => {
          setQuery(event.currentTarget.value)
          setAt(0)
        }}
        onKeyDown={onKeyDown}
      />
      <div class="goals" id="goals" role="listbox" aria-label="Found" ref={list}>
        {found.map((goal, index) => (
          // biome-ignore lint/a11y/useKeyWithClickEvents: the field above takes the keys, as a combobox does
          <div
            key={`${goal.kind} ${goal.name}`}
            id={`goal-${index}`}
            class="goal"
            role="option"
            aria-selected={index === at}
            tabIndex={-1}
            onClick={() => take(goal)}
          >
            <bdi>{goal.name}</bdi>
            <span class="soft">{goal.kind}</span>
            {goal.keys ? <kbd>{goal.keys}</kbd> : null}
          </div>
        ))}
      </div>
      {found.length === 0 ? <p class="soft">Nothing has these words. Messages are searched in the timeline.</p> : null}
    </>
  )
}

function useGoals(): readonly Goal[] {
  const { data } = useLive('peers.list', { limit: 200 }, ['peer'])
  return useMemo(() => {
    const places = PLACES.map(({ path, name, key }): Goal => ({ name, kind: 'place', path, keys: `g ${key}` }))
    const peers = (data?.peers ?? []).map(({ id, name, circle, role }): Goal => ({ name, kind: role, words: circle, path: `/crew/${id}` }))
    return [...places, { name: 'New message', kind: 'action', path: '/threads/new', keys: 'w' }, ...peers, ...ACTIONS]
  }, [data])
}

const ACTIONS: readonly Goal[] = [
  { name: 'Decisions', kind: 'place', words: 'cards decided', path: '/cards' },
  { name: 'Approvals', kind: 'place', words: 'leases', path: '/approvals' },
  { name: 'Tiers', kind: 'place', words: 'what needs approval', path: '/tiers' },
  ...THEMES.map((each): Goal => ({ name: `Colours: ${each}`, kind: 'action', words: 'theme', run: () => (theme.value = each) })),
  { name: 'Keyboard shortcuts', kind: 'action', words: 'help keys', keys: '?', run: () => (isHelpOpen.value = true) },
]
