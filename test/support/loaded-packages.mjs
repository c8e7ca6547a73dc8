// With `node --import`: prints each package that is loaded, on the file descriptor 3.
import { register } from 'node:module'

const HOOKS = `
import { writeSync } from 'node:fs'
export async function resolve(specifier, context, next) {
  const found = await next(specifier, context)
  const name = /.*\\/node_modules\\/((?:@[^/]+\\/)?[^/]+)/.exec(found.url)?.[1]
  if (name !== undefined) writeSync(3, name + '\\n')
  return found
}`

register(`data:text/javascript,${encodeURIComponent(HOOKS)}`)
