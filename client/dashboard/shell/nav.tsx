import { Ellipsis, Search } from 'lucide'
import { useState } from 'preact/hooks'
import { useLocation } from 'preact-iso'
import { useNeeds } from '../now/use-needs.ts'
import { Dialog } from '../parts/dialog.tsx'
import { Icon } from '../parts/icon.tsx'
import { ConnectionLine } from './connection-line.tsx'
import { isPaletteOpen } from './palette-state.ts'
import { isAt, PLACES, type Place } from './places.ts'

/** Where one can go: beside the page on a desk, below it on a phone. */
export function Nav() {
  const { path } = useLocation()
  const [more, setMore] = useState(false)
  const behind = PLACES.filter((place) => !place.onPhone)
  const isBehind = behind.some((place) => isAt(path, place))
  return (
    <nav class="nav" aria-label="Places">
      <p class="nav-brand">Muster</p>
      <ul class="nav-places">
        {PLACES.map((place) => (
          <li key={place.path} class={place.onPhone ? undefined : 'on-desk'}>
            <PlaceLink place={place} current={isAt(path, place)} />
          </li>
        ))}
        <li class="on-phone">
          <button type="button" class={isBehind ? 'nav-link current' : 'nav-link'} aria-haspopup="dialog" onClick={() => setMore(true)}>
            <Icon of={Ellipsis} />
            <span>More</span>
          </button>
        </li>
      </ul>
      <button type="button" class="nav-search on-desk" onClick={() => (isPaletteOpen.value = true)}>
        <Icon of={Search} />
        <span>Go to…</span>
        <kbd>/</kbd>
      </button>
      <ConnectionLine />
      {more ? (
        <Dialog title="More" onClose={() => setMore(false)}>
          <ul class="nav-more">
            {behind.map((place) => (
              <li key={place.path}>
                {/* biome-ignore lint/a11y/useKeyWithClickEvents: the link inside takes the keys */}
                {/* biome-ignore lint/a11y/noStaticElementInteractions: it only closes the sheet behind the link */}
                <span onClick={() => setMore(false)}>
                  <PlaceLink place={place} current={isAt(path, place)} />
                </span>
              </li>
            ))}
          </ul>
        </Dialog>
      ) : null}
    </nav>
  )
}

function PlaceLink({ place, current }: { readonly place: Place; readonly current: boolean }) {
  return (
    <a class={current ? 'nav-link current' : 'nav-link'} href={place.path} aria-current={current ? 'page' : undefined}>
      <Icon of={place.icon} />
      <span>{place.name}</span>
      {place.path === '/' ? <Waiting /> : null}
    </a>
  )
}

/** How much waits for this person. */
function Waiting() {
  const { data } = useNeeds()
  if (!data || data.length === 0) return null
  return (
    <span class="nav-count">
      {data.length}
      <span class="hidden"> waiting</span>
    </span>
  )
}
