-- The same tables with their lists of values spelled out. SQLite builds a table of the values for each row that it checks
-- against `IN` with more than two of them: 1.5 µs of the 2.8 µs that inserting a delivery takes (measured with 3.53). Of the
-- values written out with OR it looks at no more than it must, so the frequent ones come first.

CREATE TABLE new_events (
  seq       INTEGER PRIMARY KEY,
  at        INTEGER NOT NULL,
  type      TEXT NOT NULL,
  actor_id  INTEGER,
  circle_id INTEGER,
  peer_id   INTEGER,
  audience  TEXT NOT NULL CHECK (audience = 'granted' OR audience = 'circle' OR audience = 'admin'),
  subject_kind TEXT,
  subject   INTEGER,
  changed   TEXT NOT NULL
) STRICT;
INSERT INTO new_events SELECT * FROM events;
DROP TABLE events;
ALTER TABLE new_events RENAME TO events;

CREATE TABLE new_threads (
  id           INTEGER PRIMARY KEY,
  kind         TEXT NOT NULL CHECK (kind IN ('ask', 'notify')),
  state        TEXT NOT NULL CHECK (state = 'open' OR state = 'answered' OR state = 'notice' OR state = 'declined' OR state = 'cancelled' OR state = 'expired' OR state = 'failed'),
  priority     INTEGER NOT NULL CHECK (priority BETWEEN 1 AND 3),
  circle_id    INTEGER NOT NULL,
  opener_id    INTEGER,
  recipient_id INTEGER,
  opened_at    INTEGER NOT NULL,
  deadline_at  INTEGER,
  escalate_to  INTEGER,
  closed_at    INTEGER,
  closed_by    INTEGER,
  reason       TEXT,
  head         INTEGER NOT NULL,
  tail         INTEGER NOT NULL,
  size         INTEGER NOT NULL DEFAULT 1,
  -- Copied from the first message, so that closing a thread need not read its body.
  opening_delivery INTEGER NOT NULL,
  hops         INTEGER NOT NULL,
  attended     INTEGER NOT NULL CHECK (attended IN (0, 1))
) STRICT;
INSERT INTO new_threads SELECT * FROM threads;
DROP TABLE threads;
ALTER TABLE new_threads RENAME TO threads;

CREATE TABLE new_messages (
  id             INTEGER PRIMARY KEY,
  thread_id      INTEGER NOT NULL,
  prev           INTEGER,
  kind           TEXT NOT NULL CHECK (kind = 'ask' OR kind = 'answer' OR kind = 'notify' OR kind = 'reply' OR kind = 'decline' OR kind = 'cancel' OR kind = 'expire' OR kind = 'fail' OR kind = 'remind'),
  sender_id      INTEGER,
  body           TEXT NOT NULL,
  at             INTEGER NOT NULL,
  late           INTEGER NOT NULL DEFAULT 0 CHECK (late IN (0, 1)),
  hops           INTEGER NOT NULL DEFAULT 0,
  caused_by      INTEGER,
  -- A person, a schedule or a work item stands somewhere in the chain of causes.
  attended       INTEGER NOT NULL DEFAULT 0 CHECK (attended IN (0, 1)),
  first_delivery INTEGER NOT NULL,
  delivery_count INTEGER NOT NULL,
  redacted_at    INTEGER
) STRICT;
INSERT INTO new_messages SELECT * FROM messages;
DROP TABLE messages;
ALTER TABLE new_messages RENAME TO messages;

CREATE TABLE new_deliveries (
  id         INTEGER PRIMARY KEY,
  message_id INTEGER NOT NULL,
  thread_id  INTEGER NOT NULL,
  peer_id    INTEGER NOT NULL,
  priority   INTEGER NOT NULL CHECK (priority BETWEEN 0 AND 3),
  solicited  INTEGER NOT NULL CHECK (solicited IN (0, 1)),
  state      TEXT NOT NULL CHECK (state = 'queued' OR state = 'acked' OR state = 'offered' OR state = 'withdrawn' OR state = 'superseded' OR state = 'expired' OR state = 'dead' OR state = 'relayed'),
  attempt    INTEGER NOT NULL DEFAULT 0,
  failures   INTEGER NOT NULL DEFAULT 0,
  backoff_ms INTEGER NOT NULL DEFAULT 0,
  holder     INTEGER,
  handover   INTEGER,
  queued_at  INTEGER NOT NULL,
  offered_at INTEGER,
  ended_at   INTEGER,
  reason     TEXT,
  seen_at    INTEGER
) STRICT;
INSERT INTO new_deliveries SELECT * FROM deliveries;
DROP TABLE deliveries;
ALTER TABLE new_deliveries RENAME TO deliveries;

CREATE INDEX threads_by_opener ON threads (opener_id);
CREATE INDEX threads_by_recipient ON threads (recipient_id);
CREATE INDEX deliveries_waiting ON deliveries (peer_id, priority, id) WHERE state IN ('queued', 'offered');
CREATE INDEX deliveries_dead ON deliveries (peer_id, id) WHERE state = 'dead';
