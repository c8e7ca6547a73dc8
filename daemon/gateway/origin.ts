const LOOPBACK = new Set(['localhost', '127.0.0.1', '[::1]'])

/**
 * Why a request is refused for where it says it comes from; `undefined` when it is not. A browser page of another site can
 * reach a loopback port, but it cannot forge Host or Origin.
 */
export function forbiddenOrigin(host: string | undefined, origin: string | undefined, allowedHosts: readonly string[]): string | undefined {
  const allowed = (name: string) => LOOPBACK.has(name) || allowedHosts.includes(name)
  const hostname = host === undefined ? undefined : hostnameOf(`http://${host}`)
  if (hostname === undefined || !allowed(hostname)) return 'The Host header names no host that this daemon serves.'
  if (origin === undefined) return undefined
  const originName = hostnameOf(origin)
  return originName !== undefined && allowed(originName) ? undefined : 'The Origin header names another site.'
}

/** Whether a `Host` header names this machine. */
export function isLoopbackHost(host: string | undefined): boolean {
  return LOOPBACK.has(hostnameOf(`http://${host}`) ?? '')
}

function hostnameOf(url: string): string | undefined {
  try {
    return new URL(url).hostname
  } catch {
    return undefined
  }
}
