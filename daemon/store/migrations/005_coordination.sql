-- What came with reviews, orchestrators and watchdogs.

-- Orchestrators: who leads a circle, and what was handed over with the lead --------------------------------------------

-- For addresses, which are resolved by the peers alone: role:orchestrator means the one that leads, where one is meant.
ALTER TABLE peers ADD COLUMN leads INTEGER NOT NULL DEFAULT 0 CHECK (leads = 0 OR leads = 1);

-- A circle is here from the first time that somebody led it.
CREATE TABLE leaderships (
  circle_id INTEGER PRIMARY KEY,
  -- Of the last lease, also while nobody leads.
  token     INTEGER NOT NULL,
  leader_id INTEGER,
  -- Who led before, while another or nobody does.
  former_id INTEGER,
  -- How it came to what it is: led, or by nobody.
  how       TEXT NOT NULL CHECK (how = 'claimed' OR how = 'lapsed' OR how = 'handed_over' OR how = 'resigned' OR how = 'appointed' OR how = 'ended' OR how = 'restored'),
  since     INTEGER NOT NULL,
  takeovers INTEGER NOT NULL,
  notes     TEXT,
  -- The incarnation in which the lease was taken: in another it is over.
  life      TEXT NOT NULL
) STRICT;

-- Each is JSON with its version, as `orchestrators.record` shows it.
CREATE TABLE handovers (
  circle_id INTEGER NOT NULL,
  number    INTEGER NOT NULL,
  record    TEXT NOT NULL,
  PRIMARY KEY (circle_id, number)
) STRICT, WITHOUT ROWID;
