import type { Reader } from '../store/store.ts'
import type { Tx } from '../store/transaction.ts'
import type { DecisionDeps } from './deps.ts'
import { type CardRow, findCard, type Letter } from './rows.ts'
import { settle } from './settling.ts'

/** Cards whose time has come, that one command looks at. */
const AT_ONCE = 32

export function nextDue(reader: Reader): number | undefined {
  return reader.get<{ due_at: number }>('SELECT due_at FROM decisions WHERE due_at IS NOT NULL ORDER BY due_at LIMIT 1')?.due_at
}

/** Takes the defaults whose time has come. Without an option the card stays, and becomes urgent: time decides nothing. */
export function takeDefaults(tx: Tx, deps: DecisionDeps): void {
  const due = tx.all<{ id: number }>('SELECT id FROM decisions WHERE due_at <= ? ORDER BY due_at LIMIT ?', tx.now, AT_ONCE)
  for (const row of due.map(({ id }) => findCard(tx, id))) {
    if (row?.state !== 'waiting') continue
    if (row.default_option === null) press(tx, row)
    else settle(tx, deps, row, { state: 'expired', how: 'default', by: null, option: row.default_option as Letter })
  }
}

function press(tx: Tx, row: CardRow): void {
  tx.run('UPDATE decisions SET priority = 1, due_at = NULL WHERE id = ?', row.id)
  tx.run('UPDATE decision_mail SET due_at = ? WHERE decision_id = ? AND due_at IS NOT NULL', tx.now, row.id)
  tx.event({ type: 'decision.overdue', circle: row.circle_id, audience: 'granted', subject: ['decision', row.id] })
}
