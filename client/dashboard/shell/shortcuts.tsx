import { useEffect } from 'preact/hooks'
import { useLocation } from 'preact-iso'
import { tinykeys } from 'tinykeys'
import { Dialog } from '../parts/dialog.tsx'
import { isHelpOpen, isPaletteOpen } from './palette-state.ts'
import { PLACES } from './places.ts'

const OTHERS = [
  { keys: '/', does: 'Go anywhere, do anything' },
  { keys: 'w', does: 'New message' },
  { keys: '?', does: 'Show these keys' },
  { keys: 'Esc', does: 'Close what is open' },
] as const

/** Listens for the keys, and shows them. While somebody types, or a dialog is open, they are letters like any other. */
export function Shortcuts() {
  const { route } = useLocation()
  useEffect(() => {
    const free = (run: () => void) => (event: KeyboardEvent) => {
      if (isTyping(event) || document.querySelector('dialog[open]')) return
      event.preventDefault()
      run()
    }
    const openPalette = (): void => {
      isPaletteOpen.value = true
    }
    const toPlaces = PLACES.map(({ key, path }) => [`g ${key}`, free(() => route(path))] as const)
    return tinykeys(window, {
      ...Object.fromEntries(toPlaces),
      '/': free(openPalette),
      '$mod+k': (event) => {
        event.preventDefault()
        openPalette()
      },
      w: free(() => route('/threads/new')),
      'Shift+?': free(() => {
        isHelpOpen.value = true
      }),
    })
  }, [route])
  return isHelpOpen.value ? <Help /> : null
}

function isTyping({ target }: KeyboardEvent): boolean {
  return target instanceof HTMLElement && (target.isContentEditable || ['INPUT', 'TEXTAREA', 'SELECT'].includes(target.tagName))
}

function Help() {
  const close = (): void => {
    isHelpOpen.value = false
  }
  return (
    <Dialog title="Keyboard shortcuts" onClose={close}>
      <dl class="keys">
        {[...OTHERS, ...PLACES.map(({ key, name }) => ({ keys: `g ${key}`, does: `Go to ${name}` }))].map(({ keys, does }) => (
          <div key={keys}>
            <dt>
              {keys.split(' ').map((key) => (
                <kbd key={key}>{key}</kbd>
              ))}
            </dt>
            <dd>{does}</dd>
          </div>
        ))}
      </dl>
    </Dialog>
  )
}
