import { isExpired, KINDS, type Note } from './note.ts'

export const INDEX = 'INDEX.md'
const HEAD = '<!-- Written by muster from the notes beside it. What is changed here is lost. -->'
/** What is left out is found by a search: beyond this it would cost a model more than it helps. */
const MAX_LISTED = 200
const MAX_LINE_CHARS = 160

export function isIndex(text: string): boolean {
  return text.startsWith(HEAD)
}

/** One line a note, by kind and the newest first. */
export function indexOf(notes: readonly Note[], nowMs: number): string {
  const living = notes.filter((note) => !isExpired(note, nowMs))
  const ordered = KINDS.map((kind) => [kind, living.filter((note) => note.kind === kind).sort(newestFirst)] as const)
  const lines: string[] = []
  let room = MAX_LISTED
  for (const [kind, ofKind] of ordered) {
    const shown = ofKind.slice(0, room)
    room -= shown.length
    if (shown.length > 0) lines.push('', `## ${kind[0]?.toUpperCase()}${kind.slice(1)}s`, '', ...shown.map(lineOf))
  }
  const left = living.length - (MAX_LISTED - room)
  const expired = notes.length - living.length
  const more = [
    ...(left > 0 ? [`${left} more notes: muster memory list, muster memory search.`] : []),
    ...(expired > 0 ? [`${expired} expired: muster memory lint names them.`] : []),
  ]
  return [HEAD, '', '# What this workspace remembers', ...lines, ...(more.length > 0 ? ['', ...more] : []), ''].join('\n')
}

export function newestFirst(a: Note, b: Note): number {
  return Date.parse(b.updated) - Date.parse(a.updated) || (a.slug < b.slug ? -1 : 1)
}

function lineOf({ title, slug, tags, body }: Note): string {
  const about = tags.length === 0 ? '' : ` (${tags.join(', ')})`
  const head = `- [${title.replace(/[[\]<>]/g, '')}](${encodeURI(slug)}.md)${about}`
  const first = body.replace(/\s+/g, ' ').replaceAll('<', '&lt;')
  return [...(first === '' ? head : `${head}: ${first}`)].slice(0, MAX_LINE_CHARS).join('')
}
