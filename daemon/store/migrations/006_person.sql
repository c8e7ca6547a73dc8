-- Ingress: where signed events of the world outside come in ------------------------------------------------------------------

-- `verify` says how a request proves where it comes from, `secret` where the secret stands; both are JSON. The secret itself is in no table.
CREATE TABLE sources (
  id          INTEGER PRIMARY KEY,
  name        TEXT NOT NULL COLLATE NOCASE UNIQUE,
  circle_id   INTEGER NOT NULL,
  -- In whose name its messages are sent.
  peer_id     INTEGER NOT NULL,
  verify      TEXT NOT NULL,
  secret      TEXT NOT NULL,
  target      TEXT NOT NULL,
  selects     TEXT CHECK (selects = 'one' OR selects = 'all'),
  kind        TEXT NOT NULL CHECK (kind = 'notify' OR kind = 'ask'),
  deadline_ms INTEGER,
  priority    INTEGER NOT NULL CHECK (priority BETWEEN 1 AND 3),
  topic       TEXT,
  template    TEXT NOT NULL,
  events      TEXT,
  filters     TEXT NOT NULL,
  per_minute  INTEGER NOT NULL,
  created_by  INTEGER,
  created_at  INTEGER NOT NULL,
  CHECK (kind = 'ask' OR deadline_ms IS NULL),
  CHECK (kind = 'notify' OR topic IS NULL)
) STRICT;
CREATE INDEX sources_by_circle ON sources (circle_id);

-- What came and proved where it came from. By one of the two keys it is known again: a hash of the id that its sender gave it, and one of its body.
CREATE TABLE arrivals (
  id        INTEGER PRIMARY KEY,
  source_id INTEGER NOT NULL,
  id_key    BLOB,
  body_key  BLOB,
  at        INTEGER NOT NULL,
  event     TEXT,
  delivery  TEXT,
  outcome   TEXT NOT NULL CHECK (outcome = 'accepted' OR outcome = 'filtered' OR outcome = 'failed'),
  times     INTEGER NOT NULL,
  thread_id INTEGER,
  reason    TEXT
) STRICT;
CREATE UNIQUE INDEX arrivals_by_id_key ON arrivals (source_id, id_key) WHERE id_key IS NOT NULL;
CREATE UNIQUE INDEX arrivals_by_body_key ON arrivals (source_id, body_key) WHERE body_key IS NOT NULL;
CREATE INDEX arrivals_by_source ON arrivals (source_id, id);
CREATE INDEX arrivals_failed ON arrivals (source_id, id) WHERE outcome = 'failed';
