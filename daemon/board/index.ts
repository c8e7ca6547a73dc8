/** The board: who works on what in a circle, made of asks and cards, and the notes that people write beside it. */

import { createNotes, type NotesDeps } from './notes.ts'
import { type BoardReading, createBoardReading } from './reading.ts'

export function createBoard(deps: BoardReading & NotesDeps) {
  return { commands: { 'board.notes': createNotes(deps) }, queries: { 'board.get': createBoardReading(deps) } } as const
}
