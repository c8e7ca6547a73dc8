import findMyWay, { type HTTPMethod } from 'find-my-way'
import type { Route } from '../../../src/contract/routes.ts'
import { MusterError } from '../../../src/errors.ts'
import { pathOf } from '../http-error.ts'
import { PAGE_PATHS, type PagePath } from './pages.ts'

/** What stands at a path: an operation, or what describes them. */
export type Place = Route | { readonly page: PagePath }

export interface Found {
  readonly place: Place
  /** What stood in the path, decoded. */
  readonly params: Readonly<Record<string, string | undefined>>
}

/** Longer than any value that a path takes, percent-encoded. */
const MAX_PARAM_CHARS = 1_024

/** Finds what a method and a path mean. */
export class RouteTable {
  readonly #router = findMyWay({ maxParamLength: MAX_PARAM_CHARS })
  readonly #methods: readonly HTTPMethod[]

  constructor(routes: readonly Route[]) {
    this.#methods = [...new Set(routes.map(({ method }) => method))]
    for (const route of routes) this.#router.on(route.method, route.path, () => undefined, route)
    for (const page of PAGE_PATHS) this.#router.on('GET', page, () => undefined, { page })
  }

  /** @throws MusterError `not_found` or `method_not_allowed` */
  find(method: string, url: string): Found {
    // RFC 9110, section 9.3.2: HEAD is GET without the content.
    const found = this.#router.find((method === 'HEAD' ? 'GET' : method) as HTTPMethod, url)
    if (found) return { place: found.store as Place, params: found.params }
    throw new MusterError('method_not_allowed', { allow: this.allowed(url) })
  }

  /**
   * The methods that a path takes.
   *
   * @throws MusterError `not_found` where it takes none
   */
  allowed(url: string): string[] {
    const methods: string[] = this.#methods.filter((method) => this.#router.find(method, url))
    if (methods.length === 0) throw new MusterError('not_found', { path: pathOf(url), hint: 'GET /v1/docs lists the paths.' })
    return [...methods.flatMap((method) => (method === 'GET' ? ['GET', 'HEAD'] : [method])), 'OPTIONS']
  }
}
