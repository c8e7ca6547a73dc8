import { cpSync } from 'node:fs'
import { join } from 'node:path'
import Database from 'better-sqlite3'
import { beforeAll, describe, expect, it } from 'vitest'
import { type Books, verify } from '../../bench/soak/verify.ts'
import { buildOnce, emptyFolder, ROOT, run } from './programs.ts'

const MINUTES = 60_000

describe('a short soak', () => {
  beforeAll(buildOnce)

  it(
    'finds every accepted message accounted for after kills, and would have found one that is not',
    async () => {
      const folder = join(emptyFolder(), 'soak')
      const { status, stdout, stderr } = await run(process.execPath, [
        join(ROOT, 'node_modules/tsx/dist/cli.mjs'),
        'bench/soak/main.ts',
        '--seconds',
        '10',
        '--folder',
        folder,
      ])
      expect(status, `${stdout}\n${stderr}`).toBe(0)
      const figure = (pattern: RegExp): number => Number(pattern.exec(stdout)?.[1])
      expect(stdout).toMatch(/^Soak of 10 s, seed \d+:/)
      expect(figure(/^kill -9 +(\d+) of the daemon/m)).toBeGreaterThanOrEqual(1)
      expect(figure(/^kill -9 .* (\d+) of peers/m)).toBeGreaterThanOrEqual(2)
      expect(figure(/^accepted +(\d+) asks/m)).toBeGreaterThan(50)
      expect(figure(/^accepted .* (\d+) notifies/m)).toBeGreaterThan(10)
      expect(figure(/^accepted .* (\d+) fans/m)).toBeGreaterThan(3)
      expect(figure(/^accepted .* (\d+) broadcasts/m)).toBeGreaterThan(1)
      expect(figure(/^redelivered +(\d+)/m)).toBeGreaterThan(0)
      checkTheChecker(folder)
    },
    5 * MINUTES,
  )
})

interface Tampering {
  readonly what: string
  readonly book: 'muster/muster.db' | 'books/worker-1.db' | 'books/sender-1.db'
  readonly sql: string
  readonly found: RegExp
}

const TAMPERINGS: readonly Tampering[] = [
  { what: 'an effect that happened twice', book: 'books/worker-1.db', sql: 'UPDATE account SET balance = balance + 7', found: /an effect happened twice/ },
  {
    what: 'an accepted message that is gone',
    book: 'muster/muster.db',
    sql: "DELETE FROM messages WHERE id = (SELECT min(id) FROM messages WHERE kind = 'notify')",
    found: /accepted and lost/,
  },
  {
    what: 'an ask that does not end',
    book: 'muster/muster.db',
    sql: "UPDATE threads SET state = 'open' WHERE id = (SELECT min(id) FROM threads WHERE state = 'answered' AND fan_id IS NULL)",
    found: /the ask is still open/,
  },
  { what: 'an asker that is not told', book: 'books/sender-1.db', sql: "DELETE FROM ends WHERE kind = 'answer'", found: /the sender was told nothing/ },
  {
    what: 'an answer without the effect',
    book: 'books/worker-1.db',
    sql: 'DELETE FROM effects',
    found: /without an effect|an effect happened twice or not at all/,
  },
  {
    what: 'a send that is stored twice',
    book: 'muster/muster.db',
    sql: `INSERT INTO messages SELECT id + 1000000, thread_id, prev, kind, sender_id, body, at, late, hops, caused_by,
      attended, first_delivery, delivery_count, redacted_at, first_attachment, attached, touched, progress FROM messages WHERE kind = 'ask' LIMIT 1`,
    found: /is stored twice/,
  },
  {
    what: 'a fan that does not end',
    book: 'muster/muster.db',
    sql: "UPDATE fans SET state = 'open' WHERE id = (SELECT min(id) FROM fans)",
    found: /the fan is still open/,
  },
  {
    what: 'an asker that is not told of the end of its fan',
    book: 'books/sender-1.db',
    sql: "DELETE FROM ends WHERE kind = 'notice'",
    found: /of its fan: nothing/,
  },
  { what: 'an ask of a fan that is counted twice', book: 'muster/muster.db', sql: 'UPDATE fans SET answered = answered + 1', found: /the fan counts/ },
  {
    what: 'a broadcast that missed somebody',
    book: 'muster/muster.db',
    sql: `UPDATE deliveries SET state = 'queued' WHERE id = (SELECT max(first_delivery) FROM messages WHERE delivery_count > 1 AND sender_id IS NOT NULL)`,
    found: /the broadcast is still|deliveries are still waiting/,
  },
  {
    what: 'a delivery that still waits',
    book: 'muster/muster.db',
    sql: "UPDATE deliveries SET state = 'queued' WHERE id = (SELECT min(id) FROM deliveries WHERE state = 'acked')",
    found: /deliveries are still waiting/,
  },
]

/** A check that cannot fail proves nothing: each kind of loss is made by hand, and must be found. */
function checkTheChecker(original: string): void {
  expect(verify(booksIn(original)).violations).toEqual([])
  for (const { what, book, sql, found } of TAMPERINGS) {
    const copy = join(emptyFolder(), 'soak')
    cpSync(original, copy, { recursive: true })
    const database = new Database(join(copy, book))
    database.exec(sql)
    database.close()
    expect(verify(booksIn(copy)).violations.join('\n'), what).toMatch(found)
  }
}

function booksIn(folder: string): Books {
  const book = (name: string): string => join(folder, 'books', `${name}.db`)
  return { muster: join(folder, 'muster/muster.db'), senders: ['sender-1', 'sender-2'].map(book), workers: ['worker-1', 'worker-2', 'worker-3'].map(book) }
}
