-- The store itself ---------------------------------------------------------------------------------------------------

CREATE TABLE meta (
  key   TEXT PRIMARY KEY,
  value TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- One row for each life of this database; `ceilings` holds, once a life has ended, the last number of each kind that it
-- had given out, so that its ids stay readable and never mean a later row.
CREATE TABLE incarnations (
  tag       TEXT PRIMARY KEY,
  minted_at INTEGER NOT NULL,
  reason    TEXT NOT NULL,
  ceilings  TEXT
) STRICT, WITHOUT ROWID;

CREATE TABLE counters (
  kind TEXT PRIMARY KEY,
  last INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- Append-only. `audience` decides who besides the actor, the peer concerned and the administrator may see the row:
-- every member of the circle, only those who hold a grant for it, or nobody.
CREATE TABLE events (
  seq       INTEGER PRIMARY KEY,
  at        INTEGER NOT NULL,
  type      TEXT NOT NULL,
  actor_id  INTEGER,
  circle_id INTEGER,
  peer_id   INTEGER,
  audience  TEXT NOT NULL CHECK (audience IN ('circle', 'granted', 'admin')),
  subject_kind TEXT,
  subject   INTEGER,
  changed   TEXT NOT NULL
) STRICT;

-- `actor` is a peer's number, or the negative number of an enrolment. What a repeated command created is found again
-- from `created` and the `count - 1` numbers that follow it.
CREATE TABLE idempotency (
  actor     INTEGER NOT NULL,
  operation TEXT NOT NULL,
  key       TEXT NOT NULL,
  hash      INTEGER NOT NULL,
  created   INTEGER NOT NULL,
  count     INTEGER NOT NULL,
  at        INTEGER NOT NULL,
  PRIMARY KEY (actor, operation, key)
) STRICT, WITHOUT ROWID;

CREATE TABLE outbox (
  id          INTEGER PRIMARY KEY,
  destination TEXT NOT NULL,
  payload     TEXT NOT NULL,
  attempts    INTEGER NOT NULL DEFAULT 0,
  state       TEXT NOT NULL CHECK (state IN ('waiting', 'dead')),
  error       TEXT,
  created_at  INTEGER NOT NULL
) STRICT;

-- Who is who ---------------------------------------------------------------------------------------------------------

CREATE TABLE circles (
  id         INTEGER PRIMARY KEY,
  name       TEXT NOT NULL COLLATE NOCASE UNIQUE,
  created_at INTEGER NOT NULL
) STRICT;

CREATE TABLE enrolments (
  id         INTEGER PRIMARY KEY,
  token_hash BLOB NOT NULL UNIQUE,
  circle_id  INTEGER NOT NULL REFERENCES circles (id),
  roles      TEXT NOT NULL,
  label      TEXT NOT NULL,
  uses       INTEGER NOT NULL DEFAULT 0,
  max_uses   INTEGER,
  created_at INTEGER NOT NULL,
  expires_at INTEGER,
  revoked_at INTEGER
) STRICT;

CREATE TABLE peers (
  id           INTEGER PRIMARY KEY,
  name         TEXT NOT NULL COLLATE NOCASE,
  circle_id    INTEGER NOT NULL REFERENCES circles (id),
  role         TEXT NOT NULL CHECK (role IN ('agent', 'orchestrator', 'service', 'person', 'observer')),
  mode         TEXT NOT NULL CHECK (mode IN ('stream', 'pull', 'read')),
  runtime      TEXT NOT NULL,
  description  TEXT NOT NULL,
  capabilities TEXT NOT NULL,
  turn         TEXT NOT NULL CHECK (turn IN ('idle', 'working', 'awaiting_input', 'unknown')),
  presence     TEXT NOT NULL CHECK (presence IN ('online', 'away', 'offline')),
  enrolment_id INTEGER REFERENCES enrolments (id),
  session      TEXT,
  read_marker  INTEGER NOT NULL DEFAULT 0,
  last_seen_at INTEGER,
  created_at   INTEGER NOT NULL,
  retired_at   INTEGER
) STRICT;
CREATE UNIQUE INDEX peers_by_name ON peers (circle_id, name) WHERE retired_at IS NULL;
CREATE UNIQUE INDEX peers_by_session ON peers (enrolment_id, session) WHERE session IS NOT NULL AND retired_at IS NULL;

CREATE TABLE capabilities (
  capability TEXT NOT NULL COLLATE NOCASE,
  peer_id    INTEGER NOT NULL REFERENCES peers (id),
  PRIMARY KEY (capability, peer_id)
) STRICT, WITHOUT ROWID;

CREATE TABLE credentials (
  id           INTEGER PRIMARY KEY,
  token_hash   BLOB NOT NULL UNIQUE,
  kind         TEXT NOT NULL CHECK (kind IN ('peer', 'admin')),
  peer_id      INTEGER REFERENCES peers (id),
  label        TEXT NOT NULL,
  created_at   INTEGER NOT NULL,
  last_used_at INTEGER,
  revoked_at   INTEGER,
  CHECK ((kind = 'peer') = (peer_id IS NOT NULL))
) STRICT;
CREATE INDEX credentials_by_peer ON credentials (peer_id);

CREATE TABLE grants (
  peer_id    INTEGER NOT NULL REFERENCES peers (id),
  circle_id  INTEGER NOT NULL REFERENCES circles (id),
  created_at INTEGER NOT NULL,
  PRIMARY KEY (peer_id, circle_id)
) STRICT, WITHOUT ROWID;

-- Threads ------------------------------------------------------------------------------------------------------------

-- No foreign keys below: a check costs an ask as much as an index, and deleting a parent would scan its children.

-- `tail` is the newest message; each message points to the one before it, so no index over messages is needed.
CREATE TABLE threads (
  id           INTEGER PRIMARY KEY,
  kind         TEXT NOT NULL CHECK (kind IN ('ask', 'notify')),
  state        TEXT NOT NULL CHECK (state IN ('open', 'answered', 'declined', 'cancelled', 'expired', 'failed', 'notice')),
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
CREATE INDEX threads_by_opener ON threads (opener_id);
CREATE INDEX threads_by_recipient ON threads (recipient_id);

-- The deliveries of a message are numbered without a gap from `first_delivery` on.
CREATE TABLE messages (
  id             INTEGER PRIMARY KEY,
  thread_id      INTEGER NOT NULL,
  prev           INTEGER,
  kind           TEXT NOT NULL CHECK (kind IN ('ask', 'notify', 'reply', 'answer', 'decline', 'cancel', 'expire', 'fail', 'remind')),
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

-- `attempt` counts the offers that have ended; an offer to a connected stream consumer lives in memory, because it ends
-- with the connection, and is written here by whatever ends it. A pull handover outlives connections and is stored at once.
CREATE TABLE deliveries (
  id         INTEGER PRIMARY KEY,
  message_id INTEGER NOT NULL,
  thread_id  INTEGER NOT NULL,
  peer_id    INTEGER NOT NULL,
  priority   INTEGER NOT NULL CHECK (priority BETWEEN 0 AND 3),
  solicited  INTEGER NOT NULL CHECK (solicited IN (0, 1)),
  state      TEXT NOT NULL CHECK (state IN ('queued', 'relayed', 'offered', 'acked', 'superseded', 'withdrawn', 'expired', 'dead')),
  attempt    INTEGER NOT NULL DEFAULT 0,
  failures   INTEGER NOT NULL DEFAULT 0,
  backoff_ms INTEGER NOT NULL DEFAULT 0,
  holder     INTEGER,
  handover   INTEGER,
  queued_at  INTEGER NOT NULL,
  offered_at INTEGER,
  ended_at   INTEGER,
  reason     TEXT
) STRICT;
CREATE INDEX deliveries_waiting ON deliveries (peer_id, priority, id) WHERE state IN ('queued', 'offered');
CREATE INDEX deliveries_dead ON deliveries (peer_id, id) WHERE state = 'dead';

-- What is open, and when something is due for it: first the reminder, then the deadline.
CREATE TABLE open_asks (
  recipient_id INTEGER NOT NULL,
  thread_id    INTEGER NOT NULL,
  due_at       INTEGER NOT NULL,
  PRIMARY KEY (recipient_id, thread_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX open_asks_due ON open_asks (due_at);

-- The newest delivery for each topic key.
CREATE TABLE topics (
  sender_id   INTEGER NOT NULL,
  peer_id     INTEGER NOT NULL,
  topic       TEXT NOT NULL,
  delivery_id INTEGER NOT NULL,
  PRIMARY KEY (sender_id, peer_id, topic)
) STRICT, WITHOUT ROWID;

-- Caused messages between two peers (a < b): `times` is a JSON array of their wall times within the window.
CREATE TABLE pairs (
  a            INTEGER NOT NULL,
  b            INTEGER NOT NULL,
  times        TEXT NOT NULL,
  parked_at    INTEGER,
  parked_until INTEGER,
  reason       TEXT,
  PRIMARY KEY (a, b)
) STRICT, WITHOUT ROWID;
CREATE INDEX pairs_parked ON pairs (parked_until) WHERE parked_until IS NOT NULL;
