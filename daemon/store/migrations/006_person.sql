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
