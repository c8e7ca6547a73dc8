-- What a person sees ---------------------------------------------------------------------------------------------------

-- The threads of one circle, from the newest back.
CREATE INDEX threads_by_circle ON threads (circle_id);

-- Since when a peer is in the turn it is in; null where that was never said.
ALTER TABLE peers ADD COLUMN turn_since INTEGER;

-- A person sees into its own circle as into every other.
INSERT OR IGNORE INTO grants (peer_id, circle_id, created_at)
  SELECT id, circle_id, created_at FROM peers WHERE role = 'person' AND enrolment_id IS NULL AND retired_at IS NULL;

-- Channels: how people are reached away from the dashboard ------------------------------------------------------------------

-- When a row that failed is tried again, of those that a service carries out: wall time.
ALTER TABLE outbox ADD COLUMN retry_at INTEGER;
CREATE INDEX outbox_by_destination ON outbox (destination, id);

-- `target` is where it leads, as JSON; `address` what tells it from others of its kind. It is good while the credential that bound it is.
CREATE TABLE channels (
  id            INTEGER PRIMARY KEY,
  kind          TEXT NOT NULL CHECK (kind = 'push' OR kind = 'telegram' OR kind = 'ntfy' OR kind = 'webhook'),
  person_id     INTEGER NOT NULL,
  credential_id INTEGER NOT NULL,
  label         TEXT NOT NULL,
  target        TEXT NOT NULL,
  address       TEXT NOT NULL,
  wants         TEXT NOT NULL,
  bound_at      INTEGER NOT NULL,
  -- An account speaks for its person from here on.
  confirmed_at  INTEGER,
  last_sent_at  INTEGER,
  problem       TEXT,
  ended_at      INTEGER,
  reason        TEXT,
  CHECK ((ended_at IS NULL) = (reason IS NULL))
) STRICT;
CREATE UNIQUE INDEX channels_by_address ON channels (kind, address) WHERE ended_at IS NULL;
CREATE INDEX channels_by_person ON channels (person_id, id);

-- Codes that bind an account, by their hashes.
CREATE TABLE channel_codes (
  hash          BLOB PRIMARY KEY,
  person_id     INTEGER NOT NULL,
  credential_id INTEGER NOT NULL,
  wants         TEXT NOT NULL,
  created_at    INTEGER NOT NULL,
  expires_at    INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- What was said where: `handle` is what the other side calls it. Without a thread it is about a card.
CREATE TABLE channel_notices (
  id          INTEGER PRIMARY KEY,
  channel_id  INTEGER NOT NULL,
  decision_id INTEGER,
  thread_id   INTEGER,
  handle      TEXT,
  CHECK ((decision_id IS NULL) = (thread_id IS NOT NULL))
) STRICT;
CREATE INDEX channel_notices_by_channel ON channel_notices (channel_id, id);
CREATE INDEX channel_notices_by_handle ON channel_notices (channel_id, handle);
CREATE INDEX channel_notices_by_card ON channel_notices (decision_id) WHERE decision_id IS NOT NULL;

-- Buttons, by the hashes of what they send.
CREATE TABLE channel_nonces (
  hash        BLOB PRIMARY KEY,
  channel_id  INTEGER NOT NULL,
  decision_id INTEGER NOT NULL,
  option      TEXT NOT NULL,
  minted_at   INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX channel_nonces_by_channel ON channel_nonces (channel_id);
-- What came with the person's side.

-- Passphrases: by which a terminal acts as a person, once -----------------------------------------------------------------

-- `hash` is scrypt of the passphrase with `salt` and the costs `n`, `r` and `p`. It counts while the device that set it is paired.
CREATE TABLE passphrases (
  person_id INTEGER PRIMARY KEY,
  device_id INTEGER NOT NULL,
  salt      BLOB NOT NULL,
  hash      BLOB NOT NULL,
  n         INTEGER NOT NULL,
  r         INTEGER NOT NULL,
  p         INTEGER NOT NULL,
  set_at    INTEGER NOT NULL
) STRICT;
ALTER TABLE actions ADD COLUMN how TEXT CHECK (how = 'device' OR how = 'passphrase');

-- Boards: who works on what ----------------------------------------------------------------------------------------------

-- What an ask says of the work that it hands out, and how far the sender of a message is with it, as JSON; and the newest message of a thread that says so.
ALTER TABLE threads ADD COLUMN task TEXT;
ALTER TABLE threads ADD COLUMN progress INTEGER;
ALTER TABLE messages ADD COLUMN progress TEXT;
-- Only what says so is in it, so other asks pay nothing for it.
CREATE INDEX threads_tasks_ended ON threads (circle_id, closed_at) WHERE task IS NOT NULL AND closed_at IS NOT NULL;

-- The user notes of a dashboard file as they were told last.
CREATE TABLE board_notes (
  circle_id INTEGER NOT NULL,
  file      TEXT NOT NULL,
  sha256    TEXT NOT NULL,
  told_to   INTEGER NOT NULL,
  told_at   INTEGER NOT NULL,
  PRIMARY KEY (circle_id, file)
) STRICT, WITHOUT ROWID;
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

-- Permission cards: what a runtime asks its user --------------------------------------------------------------------------

-- The table of 005 with another source.
CREATE TABLE new_decisions (
  id          INTEGER PRIMARY KEY,
  circle_id   INTEGER NOT NULL,
  kind        TEXT NOT NULL CHECK (kind = 'question' OR kind = 'approval'),
  state       TEXT NOT NULL CHECK (state = 'waiting' OR state = 'answered' OR state = 'approved' OR state = 'denied' OR state = 'revised'
    OR state = 'withdrawn' OR state = 'expired' OR state = 'superseded'),
  source      TEXT NOT NULL CHECK (source = 'peer' OR source = 'permission' OR source = 'dead_letters' OR source = 'parked_pair' OR source = 'failed_schedule'),
  -- What the daemon asks about: a peer, a pair of peers, or a schedule.
  about       INTEGER,
  other       INTEGER,
  priority    INTEGER NOT NULL CHECK (priority BETWEEN 1 AND 3),
  topic       TEXT,
  fold        TEXT NOT NULL,
  content     TEXT NOT NULL,
  action_kind TEXT,
  action_name TEXT,
  action_hash TEXT,
  -- Without an option it stays blocked.
  default_option TEXT,
  default_at  INTEGER,
  due_at      INTEGER,
  raised_at   INTEGER NOT NULL,
  comments    INTEGER NOT NULL DEFAULT 0,
  option      TEXT,
  note        TEXT,
  closed_at   INTEGER,
  closed_by   INTEGER,
  device      TEXT,
  how         TEXT CHECK (how = 'resolved' OR how = 'letter' OR how = 'default' OR how = 'withdrawn' OR how = 'superseded' OR how = 'settled' OR how = 'retired'),
  CHECK ((state = 'waiting') = (closed_at IS NULL)),
  CHECK ((state = 'waiting') = (how IS NULL))
) STRICT;
INSERT INTO new_decisions SELECT * FROM decisions;
DROP TABLE decisions;
ALTER TABLE new_decisions RENAME TO decisions;
CREATE UNIQUE INDEX decisions_by_fold ON decisions (circle_id, fold) WHERE state = 'waiting';
CREATE INDEX decisions_waiting ON decisions (id) WHERE state = 'waiting';
CREATE INDEX decisions_due ON decisions (due_at) WHERE due_at IS NOT NULL;
CREATE INDEX decisions_by_action ON decisions (circle_id, action_kind, action_name) WHERE action_kind IS NOT NULL;
