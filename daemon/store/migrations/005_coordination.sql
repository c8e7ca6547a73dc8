-- What came with reviews, orchestrators and watchdogs.

-- Reviews: what was touched and is owed a look -------------------------------------------------------------------------

-- Who spawned a peer, as the enrolment says that it was registered with: that was minted by its parent, or for it.
ALTER TABLE enrolments ADD COLUMN parent_id INTEGER;
ALTER TABLE peers ADD COLUMN spawned_by INTEGER;
CREATE INDEX peers_by_parent ON peers (spawned_by) WHERE spawned_by IS NOT NULL;

-- Who may report what forges and repositories say, given by the administrator.
CREATE TABLE observing (
  peer_id    INTEGER NOT NULL REFERENCES peers (id),
  circle_id  INTEGER NOT NULL REFERENCES circles (id),
  created_at INTEGER NOT NULL,
  PRIMARY KEY (peer_id, circle_id)
) STRICT, WITHOUT ROWID;

-- What the sender says that it touched, as JSON; and whether a domain above is told how the thread ends.
ALTER TABLE messages ADD COLUMN touched TEXT;
ALTER TABLE threads ADD COLUMN followed INTEGER NOT NULL DEFAULT 0 CHECK (followed = 0 OR followed = 1);

-- One review for each subject of a circle. `subject` is its canonical name; `head` the commit that counts, or the SHA-256 of a file.
CREATE TABLE reviews (
  id            INTEGER PRIMARY KEY,
  circle_id     INTEGER NOT NULL,
  kind          TEXT NOT NULL CHECK (kind = 'pull_request' OR kind = 'branch' OR kind = 'range' OR kind = 'artifact'),
  subject       TEXT NOT NULL,
  url           TEXT,
  host          TEXT,
  project       TEXT,
  number        INTEGER,
  repository    TEXT,
  branch        TEXT,
  base          TEXT,
  artifact_id   INTEGER,
  title         TEXT,
  state         TEXT NOT NULL CHECK (state = 'owed' OR state = 'reviewed' OR state = 'ended'),
  priority      INTEGER NOT NULL CHECK (priority BETWEEN 1 AND 3),
  head          TEXT,
  head_at       INTEGER,
  changed       TEXT,
  owed_since    INTEGER,
  reason        TEXT,
  -- The last verdict; it stands while the state is 'reviewed'.
  verdict       TEXT CHECK (verdict = 'approve' OR verdict = 'request_changes' OR verdict = 'comment'),
  reviewer_id   INTEGER,
  reviewed_head TEXT,
  reviewed_at   INTEGER,
  forge_author  TEXT,
  assignee_id   INTEGER,
  assigned_by   INTEGER,
  -- The ask that the assignee has to close, and how long it has.
  thread_id     INTEGER,
  deadline_ms   INTEGER,
  checks        TEXT CHECK (checks = 'pending' OR checks = 'passing' OR checks = 'failing'),
  forge_reviews TEXT NOT NULL DEFAULT '[]',
  -- The moment that the last observation tells of.
  observed_at   INTEGER,
  nudge_ms      INTEGER,
  nudge_owner   INTEGER,
  nudge_schedule INTEGER,
  -- The number of the last entry of its history.
  entries       INTEGER NOT NULL DEFAULT 0,
  created_at    INTEGER NOT NULL,
  ended_at      INTEGER,
  CHECK ((state = 'owed') = (owed_since IS NOT NULL)),
  CHECK ((state = 'ended') = (ended_at IS NOT NULL))
) STRICT;
CREATE UNIQUE INDEX reviews_by_subject ON reviews (subject, circle_id);
CREATE INDEX reviews_owed ON reviews (circle_id, owed_since) WHERE state = 'owed';
CREATE INDEX reviews_by_assignee ON reviews (assignee_id, owed_since) WHERE state = 'owed' AND assignee_id IS NOT NULL;
CREATE INDEX reviews_by_thread ON reviews (thread_id) WHERE thread_id IS NOT NULL;
CREATE INDEX reviews_open ON reviews (id) WHERE ended_at IS NULL;

-- Who touched it, and who merely brought it up.
CREATE TABLE review_peers (
  review_id INTEGER NOT NULL,
  peer_id   INTEGER NOT NULL,
  part      TEXT NOT NULL CHECK (part = 'author' OR part = 'mention'),
  at        INTEGER NOT NULL,
  PRIMARY KEY (review_id, peer_id)
) STRICT, WITHOUT ROWID;

-- What happened to a review. Those of type 'head' are the heads that it had.
CREATE TABLE review_entries (
  review_id INTEGER NOT NULL,
  entry     INTEGER NOT NULL,
  at        INTEGER NOT NULL,
  type      TEXT NOT NULL CHECK (type = 'requested' OR type = 'touched' OR type = 'mentioned' OR type = 'assigned' OR type = 'unassigned' OR type = 'head'
    OR type = 'owed' OR type = 'reviewed' OR type = 'commented' OR type = 'observed' OR type = 'ended' OR type = 'reopened'),
  by_id     INTEGER,
  head      TEXT,
  verdict   TEXT,
  to_id     INTEGER,
  changed   TEXT,
  note      TEXT,
  PRIMARY KEY (review_id, entry)
) STRICT, WITHOUT ROWID;

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

-- Watchdogs: what is told when a peer is silent, an ask open, or a review owed, for too long.

-- What is watched is a peer (its silence, or its asks on one side), a thread, a review, or the asks or reviews of the circle `scope_id`. `cursor` is the last thread
-- that has been dealt with: threads are numbered in the order in which they were opened. `next_at` is the earliest time at which there can be
-- something to tell; while nothing happens, nobody looks before.
CREATE TABLE watchdogs (
  id         INTEGER PRIMARY KEY,
  owner_id   INTEGER NOT NULL,
  circle_id  INTEGER NOT NULL,
  watches    TEXT NOT NULL CHECK (watches = 'silence' OR watches = 'ask' OR watches = 'review'),
  peer_id    INTEGER,
  side       TEXT CHECK (side = 'to' OR side = 'from'),
  thread_id  INTEGER,
  review_id  INTEGER,
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
  CHECK ((peer_id IS NOT NULL) + (thread_id IS NOT NULL) + (review_id IS NOT NULL) + (scope_id IS NOT NULL) = 1),
  CHECK ((state = 'armed' OR state = 'breached') = (next_at IS NOT NULL)),
  CHECK (state = 'paused' OR state = 'ended' OR (state = 'breached') = (open > 0))
) STRICT;
CREATE INDEX watchdogs_due ON watchdogs (next_at) WHERE next_at IS NOT NULL;
CREATE INDEX watchdogs_by_owner ON watchdogs (owner_id);
CREATE INDEX watchdogs_by_peer ON watchdogs (peer_id) WHERE peer_id IS NOT NULL;
CREATE INDEX watchdogs_by_told ON watchdogs (tells_id);
CREATE INDEX watchdogs_by_circle ON watchdogs (circle_id);

-- What was over its time, told in the transaction that wrote the row. `subject` is a peer, a thread or a review.
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

-- The digest -------------------------------------------------------------------------------------------------------------

-- Up to where a peer has read its digests, as it said itself; of an administrator, under the negative number of the credential.
CREATE TABLE digest_marks (
  actor  INTEGER PRIMARY KEY,
  cursor TEXT NOT NULL,
  at     INTEGER NOT NULL
) STRICT;

-- Pairing: how devices become a person's ----------------------------------------------------------------------------------

-- The code itself is in the daemon's memory only: it is short, and whoever reads this file must not be able to find it. `token_hash` is that of the
-- credential to be, while a device waits to be confirmed. What is paired stays: it says for ever how the node came by its first person.
CREATE INDEX peers_people ON peers (id) WHERE role = 'person';

CREATE TABLE pairings (
  id            INTEGER PRIMARY KEY,
  person        TEXT NOT NULL,
  person_id     INTEGER,
  first         INTEGER NOT NULL CHECK (first = 0 OR first = 1),
  begun_by      INTEGER,
  state         TEXT NOT NULL CHECK (state = 'open' OR state = 'redeemed' OR state = 'paired' OR state = 'ended'),
  reason        TEXT,
  device        TEXT,
  comparison    TEXT,
  token_hash    BLOB,
  reused        INTEGER NOT NULL DEFAULT 0,
  credential_id INTEGER,
  created_at    INTEGER NOT NULL,
  expires_at    INTEGER NOT NULL,
  ended_at      INTEGER,
  CHECK ((state = 'redeemed') = (token_hash IS NOT NULL)),
  CHECK ((state = 'redeemed') = (comparison IS NOT NULL)),
  CHECK ((state = 'paired') = (credential_id IS NOT NULL))
) STRICT;

-- What is to be done once in a person's name. `input` and `output` are JSON.
CREATE TABLE actions (
  id          INTEGER PRIMARY KEY,
  person_id   INTEGER NOT NULL,
  proposed_by INTEGER,
  operation   TEXT NOT NULL,
  input       TEXT NOT NULL,
  state       TEXT NOT NULL CHECK (state = 'waiting' OR state = 'done' OR state = 'rejected' OR state = 'ended'),
  reason      TEXT,
  output      TEXT,
  created_at  INTEGER NOT NULL,
  expires_at  INTEGER NOT NULL,
  ended_at    INTEGER
) STRICT;
CREATE INDEX actions_waiting ON actions (person_id) WHERE state = 'waiting';
-- Decisions: cards that wait for a person, approvals and tiers -----------------------------------------------------------

-- `content` is what the card says, as JSON with its version. `fold` is the hash by which the same card is known again; `action_hash` that of the arguments.
CREATE TABLE decisions (
  id          INTEGER PRIMARY KEY,
  circle_id   INTEGER NOT NULL,
  kind        TEXT NOT NULL CHECK (kind = 'question' OR kind = 'approval'),
  state       TEXT NOT NULL CHECK (state = 'waiting' OR state = 'answered' OR state = 'approved' OR state = 'denied' OR state = 'revised'
    OR state = 'withdrawn' OR state = 'expired' OR state = 'superseded'),
  source      TEXT NOT NULL CHECK (source = 'peer' OR source = 'dead_letters' OR source = 'parked_pair' OR source = 'failed_schedule'),
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
CREATE UNIQUE INDEX decisions_by_fold ON decisions (circle_id, fold) WHERE state = 'waiting';
CREATE INDEX decisions_waiting ON decisions (id) WHERE state = 'waiting';
CREATE INDEX decisions_due ON decisions (due_at) WHERE due_at IS NOT NULL;
CREATE INDEX decisions_by_action ON decisions (circle_id, action_kind, action_name) WHERE action_kind IS NOT NULL;

-- Who waits for it; `waits` until it is decided, or this one has taken it back.
CREATE TABLE decision_requesters (
  decision_id INTEGER NOT NULL,
  peer_id     INTEGER NOT NULL,
  at          INTEGER NOT NULL,
  waits       INTEGER NOT NULL CHECK (waits = 0 OR waits = 1),
  PRIMARY KEY (decision_id, peer_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX decision_requesters_by_peer ON decision_requesters (peer_id, decision_id);
CREATE INDEX decision_requesters_waiting ON decision_requesters (peer_id) WHERE waits = 1;

-- To whom it goes, on which thread; without one it waits for the end of that person's quiet hours.
CREATE TABLE decision_mail (
  decision_id INTEGER NOT NULL,
  peer_id     INTEGER NOT NULL,
  thread_id   INTEGER,
  due_at      INTEGER,
  PRIMARY KEY (decision_id, peer_id)
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX decision_mail_by_thread ON decision_mail (thread_id) WHERE thread_id IS NOT NULL;
CREATE INDEX decision_mail_due ON decision_mail (due_at) WHERE due_at IS NOT NULL;

CREATE TABLE decision_comments (
  decision_id INTEGER NOT NULL,
  number      INTEGER NOT NULL,
  at          INTEGER NOT NULL,
  by_id       INTEGER NOT NULL,
  body        TEXT NOT NULL,
  PRIMARY KEY (decision_id, number)
) STRICT, WITHOUT ROWID;

-- `hash` is that of the arguments of a one-shot approval, `scope` the arguments that a lease is for, as JSON.
CREATE TABLE approvals (
  id            INTEGER PRIMARY KEY,
  circle_id     INTEGER NOT NULL,
  decision_id   INTEGER NOT NULL,
  requester_id  INTEGER NOT NULL,
  action_kind   TEXT NOT NULL,
  action_name   TEXT NOT NULL,
  hash          TEXT,
  scope         TEXT,
  uses          INTEGER NOT NULL DEFAULT 0,
  max_uses      INTEGER NOT NULL,
  expires_at    INTEGER NOT NULL,
  past_approved INTEGER NOT NULL,
  past_denied   INTEGER NOT NULL,
  granted_by    INTEGER NOT NULL,
  granted_at    INTEGER NOT NULL,
  revoked_at    INTEGER,
  CHECK ((hash IS NULL) = (scope IS NOT NULL)),
  CHECK (uses BETWEEN 0 AND max_uses)
) STRICT;
CREATE INDEX approvals_by_requester ON approvals (requester_id, id);
CREATE INDEX approvals_usable ON approvals (requester_id, action_kind, action_name) WHERE revoked_at IS NULL AND uses < max_uses;

CREATE TABLE tiers (
  circle_id INTEGER NOT NULL,
  kind      TEXT NOT NULL,
  tier      TEXT NOT NULL CHECK (tier = 'autonomous' OR tier = 'notify' OR tier = 'gate'),
  set_by    INTEGER NOT NULL,
  set_at    INTEGER NOT NULL,
  PRIMARY KEY (circle_id, kind)
) STRICT, WITHOUT ROWID;

-- Minutes of the day.
CREATE TABLE quiet_hours (
  peer_id INTEGER PRIMARY KEY,
  from_at INTEGER NOT NULL,
  to_at   INTEGER NOT NULL,
  zone    TEXT NOT NULL
) STRICT;
