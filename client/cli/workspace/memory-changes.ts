import { parseDuration } from '../../../src/time.ts'
import type { Change } from '../../workspace/memory.ts'
import { lintNote } from '../../workspace/memory-lint.ts'
import { dayOf, isDayOrTime, KINDS } from '../../workspace/note.ts'
import { readBody } from '../body.ts'
import type { Invocation } from '../command.ts'
import { isConfirmed } from '../confirm.ts'
import { EXIT } from '../exit-codes.ts'
import { usageError } from '../failure.ts'
import type { Output } from '../output.ts'
import { safeLine, safeText } from '../text.ts'
import { told, toldLater } from './here.ts'
import { memoryHere } from './memory-here.ts'
import { headOf } from './memory-looks.ts'

export async function write(invocation: Invocation): Promise<number> {
  const { flags, words, environment, out } = invocation
  const [title = '', word] = words
  const change = await changeOf(invocation, word)
  const was = flags.text('if')
  if (was !== undefined && !flags.on('update')) throw usageError('--if needs --update', 'A new note has no hash yet.')
  const memory = memoryHere(invocation)
  const note = flags.on('update') ? await toldLater(memory.update(title, change, was)) : await toldLater(memory.write({ title, ...wholeOf(change) }))
  const findings = lintNote(note, environment.now())
  if (out.json) out.document({ note: { ...headOf(note), body: note.body, hash: note.hash }, findings })
  else out.line(`${safeLine(note.slug)} is ${flags.on('update') ? 'changed' : 'written'}.`)
  for (const { line, says, advice } of findings) out.note(`Line ${line}: ${safeText(says)}. ${advice}`)
  return EXIT.ok
}

async function changeOf({ flags, environment }: Invocation, word: string | undefined): Promise<Change> {
  const file = flags.text('file')
  const hasBody = word !== undefined || file !== undefined || !flags.on('update')
  const kind = flags.choice('kind', KINDS)
  const [source, tags, expires] = [flags.text('source'), flags.all('tag'), expiryIn(flags.text('expires'), environment.now())]
  return {
    ...(hasBody && { body: await readBody({ word, file, what: 'text' }, environment) }),
    ...(kind && { kind }),
    ...(tags.length > 0 && { tags }),
    ...(source !== undefined && { source }),
    ...(expires !== undefined && { expires }),
  }
}

function wholeOf({ kind, body = '', tags = [], source, expires }: Change) {
  if (kind === undefined) throw usageError('a note needs a kind', `Give --kind, one of: ${KINDS.join(', ')}.`)
  return { kind, body, tags, ...(source !== undefined && { source }), ...(expires !== undefined && { expires }) }
}

function expiryIn(given: string | undefined, nowMs: number): string | undefined {
  if (given === undefined || given === 'never' || isDayOrTime(given)) return given
  const ms = parseDuration(given)
  if (ms !== undefined) return dayOf(nowMs + ms)
  throw usageError(`--expires cannot be "${given}"`, 'Expected a duration like 30d, a day like 2026-01-31, or never.')
}

export async function forget(invocation: Invocation): Promise<number> {
  const { flags, words, out } = invocation
  const [name = ''] = words
  const memory = memoryHere(invocation)
  const isForGood = flags.on('delete')
  const slug = told(() => memory.slugOf(name))
  if (flags.on('dry-run')) return tellForgotten(out, slug, 'planned', undefined)
  if (isForGood && !(await isConfirmed(invocation, `Delete ${slug} for good?`))) return EXIT.failure
  const kept = await toldLater(memory.forget(name, isForGood))
  return tellForgotten(out, slug, kept === undefined ? 'deleted' : 'forgotten', kept)
}

function tellForgotten(out: Output, note: string, state: 'planned' | 'deleted' | 'forgotten', kept: string | undefined): number {
  if (out.json) out.document({ note, state, kept: kept ?? null })
  else if (state === 'planned') out.line(`${safeLine(note)} would be forgotten.`)
  else out.line(safeLine(kept === undefined ? `${note} is deleted.` : `${note} is forgotten; its text is in ${kept}.`))
  return EXIT.ok
}
