import type { Reader } from './store.ts'
import type { Tx } from './transaction.ts'

/** What the daemon notes about itself, as JSON by key. */
type Note = 'retention' | 'backup' | 'passphrase'

export function readNote<T>(reader: Reader, key: Note): T | undefined {
  const row = reader.get<{ value: string }>('SELECT value FROM meta WHERE key = ?', key)
  return row && (JSON.parse(row.value) as T)
}

export function writeNote(tx: Tx, key: Note, value: object): void {
  tx.run('INSERT OR REPLACE INTO meta (key, value) VALUES (?, ?)', key, JSON.stringify(value))
}
