import { readFileSync, statSync } from 'node:fs'
import type { Source } from '../../src/contract/index.ts'

export type SecretReference = Source['secret']
export type Secret = { readonly ok: true; readonly text: string } | { readonly ok: false; readonly problem: string }
/** The value of a variable of the daemon's environment. */
export type Variable = (name: string) => string | undefined

const OTHERS = 0o077
const MIN_CHARS = 16
const MAX_BYTES = 4_096

/** Reads a secret anew, so that whoever changes it need tell nobody. The problem is a sentence for whoever looks after the source, and quotes nothing. */
export function readSecret({ file, variable }: SecretReference, variableOf: Variable): Secret {
  const found = file === undefined ? fromVariable(variable ?? '', variableOf) : fromFile(file)
  if (!found.ok) return found
  const text = found.text.trim()
  const where = file ?? `the variable ${variable}`
  // A line that can stand in a header, as some senders have it do.
  if (!/^[\x20-\x7e]*$/.test(text)) return no(`what stands in ${where} is no secret: expected one line of visible ASCII`)
  return text.length < MIN_CHARS ? no(`what stands in ${where} is too short for a secret: expected at least ${MIN_CHARS} characters`) : { ok: true, text }
}

function no(problem: string): Secret {
  return { ok: false, problem }
}

function fromVariable(name: string, variableOf: Variable): Secret {
  const text = variableOf(name)
  return text ? { ok: true, text } : no(`the environment of the daemon has no variable ${name}`)
}

function fromFile(path: string): Secret {
  try {
    const stats = statSync(path)
    // Whatever is no file could block whoever reads it.
    if (!stats.isFile()) return no(`${path}, where its secret should be, is no file`)
    if ((stats.mode & OTHERS) !== 0) return no(`others may read its secret: chmod 600 ${path}`)
    if (stats.size > MAX_BYTES) return no(`${path} is too large for a secret`)
    return { ok: true, text: readFileSync(path, 'utf8') }
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    return no(code === 'ENOENT' ? `there is no file ${path} for its secret` : `${path}, where its secret should be, cannot be read (${code})`)
  }
}
