import type { Node } from 'jsonc-parser'
import type { Added, Editor, Found, Made } from './editor.ts'
import { InstallError } from './install-error.ts'
import { type Dialect, type Json, type JsonDocument, jsonOf, memberOf, parseDocument, propertiesOf, refused, sameJson, splitMark } from './json-document.ts'
import { freshDocument, type Item, insertItems } from './json-insert.ts'
import { layoutOf } from './json-layout.ts'
import { type Ownership, type Place, placesIn, type ServerPlace, withEmptied } from './json-places.ts'
import { removeNodes } from './json-remove.ts'
import { applySplices, invertSplices, type Splice } from './splices.ts'

export interface ServerEntry extends ServerPlace {
  readonly value: { readonly [key: string]: Json }
}

/** One hook of an event, as the runtimes write them: `{"hooks":{"Stop":[{"hooks":[{"type":"command","command":…}]}]}}`. */
export type Hook = { readonly type: 'command'; readonly command: string } & { readonly [key: string]: Json }

export interface HookGroup {
  readonly matcher?: string
  readonly hooks: readonly Hook[]
}

export interface JsonContent {
  readonly server?: ServerEntry
  /** By the runtime's name of the event. */
  readonly hooks?: { readonly [event: string]: HookGroup }
  /** Members that a file of our own begins with. */
  readonly head?: { readonly [key: string]: Json }
}

type Put = (container: Node, item: Item) => void

/** Edits a JSON file in place: what is not Muster's keeps every byte. */
export class JsonEditor implements Editor {
  readonly path: string
  readonly #dialect: Dialect
  readonly #content: JsonContent
  readonly #owner: Ownership

  constructor(path: string, dialect: Dialect, content: JsonContent, owner: Ownership) {
    this.path = path
    this.#dialect = dialect
    this.#content = content
    this.#owner = owner
  }

  async find(text: string): Promise<readonly Found[]> {
    return this.#places(this.#parse(text)).map(({ kind, where, command }) => ({ kind, where, command }))
  }

  async holds(text: string): Promise<boolean> {
    const places = this.#places(this.#parse(text))
    const { server, hooks = {} } = this.#content
    const wanted = Object.entries(hooks).flatMap(([event, group]) => group.hooks.map((hook) => ({ where: `hooks.${event}`, matcher: group.matcher, hook })))
    const there = places.filter(({ kind }) => kind === 'hook')
    const isThere = ({ where, matcher, hook }: (typeof wanted)[number]) =>
      there.some((place) => place.where === where && place.matcher === matcher && sameJson(place.value, hook))
    if (there.length !== wanted.length || !wanted.every(isThere)) return false
    const servers = places.filter(({ kind }) => kind === 'server')
    return server ? servers.length === 1 && agrees(servers[0]?.value, server.value) : servers.length === 0
  }

  async remove(text: string, made: Made | undefined): Promise<string> {
    const { mark } = splitMark(text)
    const document = this.#parse(text)
    const places = this.#places(document)
    if (places.length === 0) return text
    const doomed = withEmptied(document.root, new Set(places.map(({ node }) => node)), this.#content.server?.section, made)
    return mark + applySplices(document.text, removeNodes(document.text, doomed))
  }

  async add(text: string | undefined): Promise<Added> {
    const { mark } = splitMark(text ?? '')
    const document = this.#parse(text ?? '')
    const made: string[][] = []
    const splices = document.root ? this.#insertions(document.text, document.root, made) : [this.#fresh(document, text === undefined, made)]
    const added = mark + applySplices(document.text, splices)
    if (!(await this.holds(added))) throw new Error(`The edit of ${this.path} did not come out as meant`)
    const undo = invertSplices(document.text, splices).map((splice) => ({ ...splice, offset: splice.offset + mark.length }))
    return { text: added, undo, made }
  }

  isEmpty(text: string): boolean {
    const { root } = this.#parse(text)
    return root === undefined || [{}, this.#content.head].some((left) => sameJson(jsonOf(root), left))
  }

  #parse(text: string): JsonDocument {
    return parseDocument(this.path, text, this.#dialect)
  }

  #places({ root }: JsonDocument): Place[] {
    return placesIn(root, this.#content.server, this.#owner)
  }

  /** A whole value where there is none: in a file of our own, or behind the comments of a file that has nothing else. */
  #fresh({ text, root }: JsonDocument, isOwnFile: boolean, made: string[][]): Splice {
    const { server, hooks, head } = this.#content
    made.push(...(server ? [[server.section]] : []), ...(hooks ? [['hooks'], ...Object.keys(hooks).map((event) => ['hooks', event])] : []))
    const value = {
      ...(isOwnFile && head),
      ...(server && { [server.section]: { [server.name]: server.value } }),
      ...(hooks && { hooks: Object.fromEntries(Object.entries(hooks).map(([event, group]) => [event, [groupJson(group)]])) }),
    }
    const layout = layoutOf(text, root)
    const lead = text === '' || /[\r\n]$/.test(text) ? '' : layout.eol
    return { offset: text.length, length: 0, text: lead + freshDocument(value, layout) }
  }

  #insertions(text: string, root: Node, made: string[][]): Splice[] {
    const items = new Map<Node, Item[]>()
    const put: Put = (container, item) => void items.set(container, [...(items.get(container) ?? []), item])
    this.#putServer(text, root, put, made)
    this.#putHooks(text, root, put, made)
    const layout = layoutOf(text, root)
    return [...items].flatMap(([container, of]) => insertItems(text, container, of, layout))
  }

  #putServer(text: string, root: Node, put: Put, made: string[][]): void {
    const { server } = this.#content
    if (!server) return
    const section = this.#container(text, root, 'object', server.section)
    if (!section) {
      made.push([server.section])
      put(root, { key: server.section, value: { [server.name]: server.value } })
      return
    }
    if (memberOf(section, server.name)) {
      const what = `${this.path} has an MCP server named ${server.name} that is not Muster's`
      throw new InstallError('config_taken', what, 'Nothing was written. Rename or remove it, then install again.')
    }
    put(section, { key: server.name, value: server.value })
  }

  #putHooks(text: string, root: Node, put: Put, made: string[][]): void {
    const { hooks } = this.#content
    if (!hooks) return
    const section = this.#container(text, root, 'object', 'hooks')
    const fresh: Record<string, Json> = {}
    for (const [event, group] of Object.entries(hooks)) {
      const value = groupJson(group)
      const list = section && this.#container(text, section, 'array', event)
      if (!list) made.push(['hooks', event])
      if (list) put(list, { value })
      else if (section) put(section, { key: event, value: [value] })
      else fresh[event] = [value]
    }
    if (section) return
    made.push(['hooks'])
    put(root, { key: 'hooks', value: fresh })
  }

  /** The object or array that something is added to. @throws InstallError where it is of another type, or there twice and its reader refuses that */
  #container(text: string, node: Node, type: 'object' | 'array', key: string): Node | undefined {
    const properties = propertiesOf(node, key)
    const [, second] = properties
    if (second && !this.#dialect.duplicateKeys) throw refused(this.path, text, second.offset, `"${key}" is there twice, so it is not edited`)
    const value = properties.at(-1)?.children?.[1]
    if (value && value.type !== type) throw refused(this.path, text, value.offset, `"${key}" is ${value.type} where ${type} is expected`)
    return value
  }
}

/** The matcher first, as people write it. */
function groupJson({ matcher, hooks }: HookGroup): Json {
  return { ...(matcher !== undefined && { matcher }), hooks }
}

/** Whether a value has everything that another has; what a person added to an entry of Muster's stays. */
function agrees(value: Json | undefined, wanted: { readonly [key: string]: Json }): boolean {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false
  const members = new Map<string, Json>(Object.entries(value))
  return Object.entries(wanted).every(([key, of]) => sameJson(members.get(key), of))
}
