import { RECALL_TOKENS } from '../../../src/tools/recall.ts'
import { KINDS } from '../../workspace/note.ts'
import { fileFlag } from '../body.ts'
import type { Action } from '../command.ts'
import { CONFIRM_FLAGS } from '../confirm.ts'
import type { Flag } from '../flags.ts'
import { DIR_FLAG } from '../workspace-folder.ts'
import { forget, write } from './memory-changes.ts'
import { lint, list, recall, search, show } from './memory-looks.ts'

const FILTERS = {
  kind: { type: 'string', value: 'kind', summary: `One of ${KINDS.join(', ')}`, values: KINDS },
  tag: { type: 'string', value: 'tag', repeats: true, summary: 'With this tag; as often as needed' },
} as const satisfies Record<string, Flag>
const DIR = { dir: DIR_FLAG }

/** What `muster memory` does. */
export const MEMORY_ACTIONS = {
  list: { summary: 'The notes, the newest first', words: [], flags: { ...FILTERS, ...DIR }, run: list },
  show: { summary: 'One note', words: ['note'], flags: DIR, run: show },
  search: { summary: 'Notes by their words', words: ['words'], flags: { ...FILTERS, ...DIR }, run: search },
  write: {
    summary: 'Write a note, or change one',
    words: ['title', 'body?'],
    flags: {
      ...FILTERS,
      source: { type: 'string', value: 'source', summary: 'Where it comes from: a thread, a message, a person' },
      expires: { type: 'string', value: 'when', summary: 'Until when it counts: 30d, 2026-01-31 or never (a fact: 90d)' },
      update: { type: 'boolean', summary: 'Change the note of that title; what is not given stays' },
      if: { type: 'string', value: 'hash', summary: 'With --update, only while it has this hash' },
      file: fileFlag('text'),
      ...DIR,
    },
    run: write,
  },
  forget: {
    summary: 'Take a note out; its text is kept in memory/.forgotten',
    words: ['note'],
    flags: { delete: { type: 'boolean', summary: 'Delete it for good; asks first' }, ...CONFIRM_FLAGS, ...DIR },
    run: forget,
  },
  lint: { summary: 'What should not stay as it is', words: ['note?'], flags: DIR, run: lint },
  recall: {
    summary: 'What to be reminded of, as a model is shown it',
    words: [],
    flags: {
      for: { type: 'string', value: 'text', summary: 'What it is about' },
      thread: { type: 'string', value: 'thread', summary: 'The same, by the messages of a thread' },
      tokens: { type: 'string', value: 'count', summary: `At most so many tokens (${RECALL_TOKENS.default})` },
      ...DIR,
    },
    run: recall,
  },
} as const satisfies Readonly<Record<string, Action>>
