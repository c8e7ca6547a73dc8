-- One ask to many, joined. Its asks are the `asked` threads numbered without a gap from `first_thread` on, counted here by their
-- states; `notice` is the message that told the asker of the end.
CREATE TABLE fans (
  id           INTEGER PRIMARY KEY,
  state        TEXT NOT NULL CHECK (state = 'open' OR state = 'complete' OR state = 'enough' OR state = 'expired' OR state = 'cancelled'),
  opener_id    INTEGER NOT NULL,
  circle_id    INTEGER NOT NULL,
  first_thread INTEGER NOT NULL,
  asked        INTEGER NOT NULL,
  refused      INTEGER NOT NULL,
  enough       INTEGER,
  waiting      INTEGER NOT NULL,
  answered     INTEGER NOT NULL DEFAULT 0,
  declined     INTEGER NOT NULL DEFAULT 0,
  cancelled    INTEGER NOT NULL DEFAULT 0,
  expired      INTEGER NOT NULL DEFAULT 0,
  failed       INTEGER NOT NULL DEFAULT 0,
  opened_at    INTEGER NOT NULL,
  deadline_at  INTEGER NOT NULL,
  ended_at     INTEGER,
  reason       TEXT,
  notice       INTEGER
) STRICT;
CREATE INDEX fans_by_opener ON fans (opener_id);

-- Whom a fan could not ask, in the order in which they were meant.
CREATE TABLE fan_refusals (
  fan_id   INTEGER NOT NULL,
  position INTEGER NOT NULL,
  peer_id  INTEGER NOT NULL,
  code     TEXT NOT NULL,
  message  TEXT NOT NULL,
  PRIMARY KEY (fan_id, position)
) STRICT, WITHOUT ROWID;

-- The fan that an ask is part of, or of whose end a notice tells.
ALTER TABLE threads ADD COLUMN fan_id INTEGER;
-- The message that closed the thread. Unknown of those that had closed before this migration.
ALTER TABLE threads ADD COLUMN ending INTEGER;
