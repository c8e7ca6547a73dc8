import { describe, expect, it } from 'vitest'
import * as z from 'zod'
import { OPERATION_NAMES, OPERATIONS } from '../../../src/contract/index.ts'
import type { OperationKind } from '../../../src/contract/operation.ts'
import { httpRoutes, type Route } from '../../../src/contract/routes.ts'

const routes = httpRoutes()
const fieldsOf = ({ operation }: Route): Readonly<Record<string, z.ZodType>> => OPERATIONS[operation].input.shape

/** The JSON types that a field takes, of a list those of its members. */
function typesOf(type: z.ZodType): unknown[] {
  const { anyOf, type: own, items } = z.toJSONSchema(type, { io: 'input' }) as { anyOf?: { type: unknown }[]; type?: unknown; items?: { type: unknown } }
  return own === 'array' ? [items?.type] : [own, ...(anyOf ?? []).map((each) => each.type)].filter((each) => each !== undefined)
}

describe('the HTTP routes', () => {
  it('are those of all operations that do not say why they have none', () => {
    const without = OPERATION_NAMES.filter((name) => typeof OPERATIONS[name].doors.http !== 'string')
    expect([...routes.map(({ operation }) => operation), ...without].sort()).toEqual([...OPERATION_NAMES].sort())
    for (const name of without) expect(OPERATIONS[name].doors.http).toEqual({ none: expect.stringMatching(/^[A-Z].*\.$/) })
  })

  it('lead to one operation each, whatever stands in their places', () => {
    const shapes = routes.map(({ method, path }) => `${method} ${path.replaceAll(/:\w+/g, ':')}`)
    expect(shapes.filter((shape, index) => shapes.indexOf(shape) !== index)).toEqual([])
    // No fixed part stands where another path has a value, which would make names of peers that cannot be asked for.
    const paths = [...new Set(routes.map(({ path }) => path.split('/')))]
    const clashing = paths.filter((path) => paths.some((other) => other !== path && overlaps(path, other)))
    expect(clashing.map((path) => path.join('/'))).toEqual([])
  })

  it('use a method that says what they do: only a command changes something, and every query is a GET', () => {
    for (const { operation, method } of routes) {
      const kind = OPERATIONS[operation].kind as OperationKind
      if (kind === 'command') expect(method, operation).not.toBe('GET')
      if (kind === 'query' || kind === 'scan') expect(method, operation).toBe('GET')
    }
  })

  it('name fields of the input in their path, as lower-case words', () => {
    for (const route of routes) {
      expect(route.path, route.operation).toMatch(/^\/v1(\/[a-z-]+|\/:[a-zA-Z]+)+$/)
      for (const param of route.params) expect(Object.keys(fieldsOf(route)), route.operation).toContain(param)
    }
  })

  it('take in their query and path only what text can say', () => {
    for (const route of routes) {
      const fields = Object.entries(fieldsOf(route)).filter(([name]) => !route.hasBody || route.params.includes(name))
      for (const [name, type] of fields)
        for (const each of typesOf(type)) expect(['string', 'integer', 'boolean'], `${route.operation} ${name}`).toContain(each)
    }
  })

  it('say 201 only where a POST creates something', () => {
    for (const { operation, method, status } of routes) {
      const { file, kind } = OPERATIONS[operation]
      if (status === 201) expect([method, file === 'sent' ? 'command' : kind], operation).toEqual(['POST', 'command'])
    }
  })
})

/** Whether some path fits both, one of them by a value where the other has a word. */
function overlaps(a: readonly string[], b: readonly string[]): boolean {
  const same = a.join('/').replaceAll(/:\w+/g, ':') === b.join('/').replaceAll(/:\w+/g, ':')
  return !same && a.length === b.length && a.every((part, index) => part === b[index] || part.startsWith(':') || b[index]?.startsWith(':'))
}
