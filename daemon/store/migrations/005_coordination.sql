-- What came with reviews, orchestrators and watchdogs.

-- Watchdogs: what is told when a peer is silent, or an ask open, for too long.

-- What is watched is a peer (its silence, or its asks on one side), a thread, or the asks of the circle `scope_id`. `cursor` is the last thread
-- that has been dealt with: threads are numbered in the order in which they were opened. `next_at` is the earliest time at which there can be
-- something to tell; while nothing happens, nobody looks before.
CREATE TABLE watchdogs (
  id         INTEGER PRIMARY KEY,
  owner_id   INTEGER NOT NULL,
  circle_id  INTEGER NOT NULL,
  watches    TEXT NOT NULL CHECK (watches = 'silence' OR watches = 'ask'),
  peer_id    INTEGER,
  side       TEXT CHECK (side = 'to' OR side = 'from'),
  thread_id  INTEGER,
  scope_id   INTEGER,
  for_ms     INTEGER NOT NULL,
  tells_id   INTEGER NOT NULL,
  repeat_ms  INTEGER,
  tells_over INTEGER NOT NULL CHECK (tells_over = 0 OR tells_over = 1),
  label      TEXT,
  state      TEXT NOT NULL CHECK (state = 'armed' OR state = 'breached' OR state = 'paused' OR state = 'ended'),
  reason     TEXT,
  cursor     INTEGER NOT NULL DEFAULT 0,
  open       INTEGER NOT NULL DEFAULT 0,
  breaches   INTEGER NOT NULL DEFAULT 0,
  -- The thread of the last notice, and when it went out.
  notice     INTEGER,
  told_at    INTEGER,
  next_at    INTEGER,
  created_at INTEGER NOT NULL,
  ended_at   INTEGER,
  CHECK ((peer_id IS NOT NULL) + (thread_id IS NOT NULL) + (scope_id IS NOT NULL) = 1),
  CHECK ((state = 'armed' OR state = 'breached') = (next_at IS NOT NULL)),
  CHECK (state = 'paused' OR state = 'ended' OR (state = 'breached') = (open > 0))
) STRICT;
CREATE INDEX watchdogs_due ON watchdogs (next_at) WHERE next_at IS NOT NULL;
CREATE INDEX watchdogs_by_owner ON watchdogs (owner_id);
CREATE INDEX watchdogs_by_peer ON watchdogs (peer_id) WHERE peer_id IS NOT NULL;
CREATE INDEX watchdogs_by_told ON watchdogs (tells_id);
CREATE INDEX watchdogs_by_circle ON watchdogs (circle_id);

-- What was over its time, told in the transaction that wrote the row. `subject` is a peer or a thread.
CREATE TABLE breaches (
  watchdog_id INTEGER NOT NULL,
  number      INTEGER NOT NULL,
  subject     INTEGER NOT NULL,
  since       INTEGER NOT NULL,
  at          INTEGER NOT NULL,
  told        INTEGER NOT NULL,
  notice      INTEGER,
  over_at     INTEGER,
  outcome     TEXT,
  PRIMARY KEY (watchdog_id, number)
) STRICT, WITHOUT ROWID;
CREATE INDEX breaches_open ON breaches (watchdog_id) WHERE over_at IS NULL;
