import Database from 'better-sqlite3'

/** The books that the processes of the soak keep for themselves, each in a database of its own, to be compared at the end. */
export type Ledger = Database.Database

/**
 * A sender's: what it meant to send, written before it is sent, and what the daemon accepted. `key` is the idempotency key, so
 * that a sender that was killed in between sends the same again.
 */
const SENDER = `
  CREATE TABLE IF NOT EXISTS sent (
    n        INTEGER PRIMARY KEY,
    kind     TEXT NOT NULL CHECK (kind IN ('ask', 'notify', 'fan', 'broadcast')),
    worker   TEXT NOT NULL,
    amount   INTEGER NOT NULL,
    deadline TEXT,
    tries    INTEGER NOT NULL DEFAULT 0,
    message  TEXT,
    thread   TEXT UNIQUE
  ) STRICT;
  CREATE TABLE IF NOT EXISTS ends (
    message TEXT PRIMARY KEY,
    thread  TEXT NOT NULL,
    kind    TEXT NOT NULL,
    late    INTEGER NOT NULL
  ) STRICT;
  CREATE TABLE IF NOT EXISTS figures (name TEXT PRIMARY KEY, value INTEGER NOT NULL) STRICT;`

/** A worker's: the message id and its effect, written in one transaction. The balance would be wrong had an effect happened twice. */
const WORKER = `
  CREATE TABLE IF NOT EXISTS effects (message TEXT PRIMARY KEY, n TEXT NOT NULL, amount INTEGER NOT NULL) STRICT;
  CREATE TABLE IF NOT EXISTS account (id INTEGER PRIMARY KEY CHECK (id = 1), balance INTEGER NOT NULL) STRICT;
  INSERT OR IGNORE INTO account VALUES (1, 0);
  CREATE TABLE IF NOT EXISTS figures (name TEXT PRIMARY KEY, value INTEGER NOT NULL) STRICT;`

export function openSenderLedger(path: string): Ledger {
  return open(path, SENDER)
}

export function openWorkerLedger(path: string): Ledger {
  return open(path, WORKER)
}

export function count(ledger: Ledger, name: string): void {
  ledger.prepare('INSERT INTO figures VALUES (?, 1) ON CONFLICT (name) DO UPDATE SET value = value + 1').run(name)
}

export function figure(ledger: Ledger, name: string): number {
  return (ledger.prepare('SELECT value FROM figures WHERE name = ?').pluck().get(name) as number | undefined) ?? 0
}

function open(path: string, schema: string): Ledger {
  const ledger = new Database(path)
  ledger.pragma('journal_mode = WAL')
  // Against kill -9, not against a power cut: what was written is in the page cache of the system.
  ledger.pragma('synchronous = NORMAL')
  ledger.exec(schema)
  return ledger
}
