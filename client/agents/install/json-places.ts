import { isDeepStrictEqual } from 'node:util'
import type { Node } from 'jsonc-parser'
import type { Found, Made } from './editor.ts'
import { type Json, jsonOf, keyOf, memberOf, propertiesOf } from './json-document.ts'

/** How entries of Muster's are told from others. */
export interface Ownership {
  /** The command line of an MCP server of Muster's; `undefined` for one of somebody else. */
  readonly serverCommand: (value: Json) => string | undefined
  readonly isHookCommand: (command: string) => boolean
}

/** Where a file keeps its MCP server: the member `name` of the object at the key `section` of the root. */
export interface ServerPlace {
  readonly section: string
  readonly name: string
}

/** An entry of Muster's and the node that holds it: the property of a server, the element of a hook. */
export interface Place extends Found {
  readonly node: Node
  readonly value: Json
  /** Of the group that a hook stands in. */
  readonly matcher?: Json | undefined
}

/** Everything of Muster's, also in objects that a later one of the same key hides. */
export function placesIn(root: Node | undefined, server: ServerPlace | undefined, owner: Ownership): Place[] {
  const sections = server ? propertiesOf(root, server.section) : []
  const servers = sections.flatMap((section) => propertiesOf(section.children?.[1], server?.name ?? ''))
  return [...servers.flatMap((property) => serverAt(property, `${server?.section}.${server?.name}`, owner)), ...hooksIn(root, owner)]
}

/**
 * Adds to what is to go what would be left empty: a group without hooks does nothing; an event and a section go only where Muster
 * made them, or where that is not known.
 */
export function withEmptied(root: Node | undefined, doomed: ReadonlySet<Node>, section: string | undefined, made: Made | undefined): Set<Node> {
  const all = new Set(doomed)
  const isMade = (...keys: string[]): boolean => !made || made.some((path) => isDeepStrictEqual(path, keys))
  const doomIfEmptied = (property: Node, ...keys: string[]): void => {
    if (isEmptied(property.children?.[1], all) && isMade(...keys)) all.add(property)
  }
  for (const hooks of propertiesOf(root, 'hooks')) {
    for (const event of eventsOf(hooks)) {
      for (const group of elementsOf(event.children?.[1])) if (innerOf(group).some((inner) => isEmptied(inner, all))) all.add(group)
      doomIfEmptied(event, 'hooks', keyOf(event))
    }
    doomIfEmptied(hooks, 'hooks')
  }
  if (section !== undefined) for (const servers of propertiesOf(root, section)) doomIfEmptied(servers, section)
  return all
}

function serverAt(property: Node, where: string, owner: Ownership): Place[] {
  const node = property.children?.[1]
  const value = node && jsonOf(node)
  const command = value === undefined ? undefined : owner.serverCommand(value)
  return value === undefined || command === undefined ? [] : [{ kind: 'server', where, command, node: property, value }]
}

function hooksIn(root: Node | undefined, owner: Ownership): Place[] {
  const events = propertiesOf(root, 'hooks').flatMap(eventsOf)
  return events.flatMap((event) => elementsOf(event.children?.[1]).flatMap((group) => hooksOfGroup(group, `hooks.${keyOf(event)}`, owner)))
}

function hooksOfGroup(group: Node, where: string, owner: Ownership): Place[] {
  const matcher = memberOf(group, 'matcher')
  const about = { kind: 'hook' as const, where, matcher: matcher && jsonOf(matcher) }
  return innerOf(group)
    .flatMap(elementsOf)
    .flatMap((node) => {
      const command = memberOf(node, 'command')?.value as unknown
      return typeof command === 'string' && owner.isHookCommand(command) ? [{ ...about, command, node, value: jsonOf(node) }] : []
    })
}

function eventsOf(hooks: Node): readonly Node[] {
  const value = hooks.children?.[1]
  return value?.type === 'object' ? (value.children ?? []) : []
}

/** The lists of hooks in a group; one, unless its key is there twice. */
function innerOf(group: Node): Node[] {
  return propertiesOf(group, 'hooks').flatMap((property) => property.children?.[1] ?? [])
}

function elementsOf(node: Node | undefined): readonly Node[] {
  return node?.type === 'array' ? (node.children ?? []) : []
}

function isEmptied(node: Node | undefined, doomed: ReadonlySet<Node>): boolean {
  const children = node?.children ?? []
  return children.length > 0 && children.every((child) => doomed.has(child))
}
