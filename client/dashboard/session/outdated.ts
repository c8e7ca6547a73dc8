const STORED = 'muster-reloaded-at'
/** What is missing after a reload is missing for another reason. */
const ONCE_IN_MS = 60_000

/** A page that was open while the daemon was upgraded knows names of files that are gone: it is loaded anew, as soon as one is missing. */
export function reloadWhenOutdated(): void {
  addEventListener('vite:preloadError', (event) => {
    if (Date.now() - Number(sessionStorage.getItem(STORED)) < ONCE_IN_MS) return
    event.preventDefault()
    sessionStorage.setItem(STORED, String(Date.now()))
    location.reload()
  })
}
