import type { Output } from '../../browser.ts'

/** Less than this and the disk is soon full. */
const SCARCE_BYTES = 1_000_000_000

/** What is wrong with a node, each in a sentence that says what to do; nothing where all is well. */
export function troublesOf({ readOnly, deadLetters, parkedPairs, storage, search, services }: Output<'node.status'>): string[] {
  const many = (count: number, one: string, more: string): string => (count === 1 ? `1 ${one}` : `${count} ${more}`)
  const isScarce = storage.freeBytes !== null && storage.freeBytes < SCARCE_BYTES
  const broken = services.filter(({ state, failing }) => state === 'waiting' || failing > 0).map(({ name }) => name)
  return [
    ...(readOnly ? ['The disk is full: nothing new is stored until there is room.'] : []),
    ...(isScarce && !readOnly ? ['The disk is nearly full.'] : []),
    ...(deadLetters > 0 ? [`${many(deadLetters, 'message', 'messages')} could not be delivered. Replay or discard ${deadLetters === 1 ? 'it' : 'them'}.`] : []),
    ...(parkedPairs > 0 ? [`${many(parkedPairs, 'pair of peers was', 'pairs of peers were')} parked for keeping each other busy.`] : []),
    ...(search.failures > 0 ? ['The search cannot be brought up to date.'] : []),
    ...(broken.length > 0 ? [`Not working: ${broken.join(', ')}. Run muster doctor to see why.`] : []),
  ]
}
