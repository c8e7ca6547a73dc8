const WORKER = '/worker.js'

interface TrustedTypes {
  createPolicy(name: string, rules: { readonly createScriptURL: (url: string) => string }): { createScriptURL(url: string): string }
}

/** The service worker, which opens the page without the daemon and shows what is pushed; `undefined` where the browser has none. */
export async function registerWorker(): Promise<ServiceWorkerRegistration | undefined> {
  if (!('serviceWorker' in navigator)) return undefined
  return navigator.serviceWorker.register(trusted(WORKER)).catch(() => undefined)
}

/** The policy of the page takes no string as the address of a script, but for this one. */
function trusted(url: string): string {
  const { trustedTypes } = globalThis as { readonly trustedTypes?: TrustedTypes }
  if (!trustedTypes) return url
  const createScriptURL = (given: string): string => {
    if (given !== WORKER) throw new TypeError('This is no script of ours.')
    return given
  }
  return trustedTypes.createPolicy('muster', { createScriptURL }).createScriptURL(url)
}
