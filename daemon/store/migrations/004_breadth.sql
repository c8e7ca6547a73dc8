-- What came with fans, attachments, the search and schedules.

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

-- What peers uploaded. The content lies beside the database, in `artifacts/<sha256>`, once for all rows that name it.
CREATE TABLE artifacts (
  id          INTEGER PRIMARY KEY,
  sha256      TEXT NOT NULL,
  name        TEXT NOT NULL,
  media_type  TEXT NOT NULL,
  size        INTEGER NOT NULL,
  uploader_id INTEGER NOT NULL,
  uploaded_at INTEGER NOT NULL,
  -- How many attachments name it; while there is one, it is not dropped.
  carried     INTEGER NOT NULL DEFAULT 0,
  drop_at     INTEGER,
  CHECK ((carried = 0) = (drop_at IS NOT NULL))
) STRICT;
-- An upload repeated is the same artifact; also finds whether anything names a content.
CREATE UNIQUE INDEX artifacts_by_content ON artifacts (sha256, uploader_id, name, media_type);
CREATE INDEX artifacts_by_uploader ON artifacts (uploader_id);
CREATE INDEX artifacts_to_drop ON artifacts (drop_at) WHERE drop_at IS NOT NULL;

-- What the uploads of each peer take on the disk, kept by the commands that add and drop them.
CREATE TABLE artifact_room (
  peer_id INTEGER PRIMARY KEY,
  bytes   INTEGER NOT NULL
) STRICT;

-- What messages carry. Those of one message are numbered without a gap from its `first_attachment` on.
CREATE TABLE attachments (
  id          INTEGER PRIMARY KEY,
  message_id  INTEGER NOT NULL,
  artifact_id INTEGER NOT NULL
) STRICT;

ALTER TABLE messages ADD COLUMN first_attachment INTEGER NOT NULL DEFAULT 0;
ALTER TABLE messages ADD COLUMN attached INTEGER NOT NULL DEFAULT 0;

-- Full-text search. The index itself, `message_index`, is derived from the messages: the daemon makes it where it is missing
-- or of another form, and fills it behind this cursor, outside of the transactions that write messages.
CREATE TABLE search_cursor (
  id      INTEGER PRIMARY KEY CHECK (id = 1),
  form    INTEGER NOT NULL,
  -- The last message that was looked at.
  message INTEGER NOT NULL
) STRICT;

-- The first and the last number among the messages of an hour, by which a range of time is found. Clocks step, so the
-- ranges of two hours may overlap.
CREATE TABLE search_hours (
  hour  INTEGER PRIMARY KEY,
  first INTEGER NOT NULL,
  last  INTEGER NOT NULL
) STRICT;

-- Rules that fire, and one row for each due time that came.

-- One of `at`, `cron` and `every_ms` says when. `next_at` is the due time to come; `fire_at` the same after the jitter. What is for one peer has
-- its number in `target_id`, so that a new name changes nothing; a selector stays as it was written and means whom it means when it fires.
CREATE TABLE schedules (
  id           INTEGER PRIMARY KEY,
  owner_id     INTEGER NOT NULL,
  circle_id    INTEGER NOT NULL,
  target_id    INTEGER,
  target       TEXT,
  selects      TEXT CHECK (selects = 'one' OR selects = 'all'),
  kind         TEXT NOT NULL CHECK (kind = 'notify' OR kind = 'ask'),
  body         TEXT NOT NULL,
  label        TEXT,
  at           INTEGER,
  cron         TEXT,
  every_ms     INTEGER,
  zone         TEXT NOT NULL,
  priority     INTEGER NOT NULL CHECK (priority BETWEEN 1 AND 3),
  deadline_ms  INTEGER,
  missed       TEXT NOT NULL CHECK (missed = 'skip' OR missed = 'once' OR missed = 'all'),
  missed_window_ms INTEGER,
  missed_cap   INTEGER NOT NULL,
  overlap      TEXT NOT NULL CHECK (overlap = 'skip' OR overlap = 'allow'),
  jitter_ms    INTEGER NOT NULL DEFAULT 0,
  start_at     INTEGER,
  end_at       INTEGER,
  max_runs     INTEGER,
  quiet_from   INTEGER,
  quiet_to     INTEGER,
  gates        TEXT NOT NULL,
  state        TEXT NOT NULL CHECK (state = 'active' OR state = 'paused' OR state = 'ended'),
  reason       TEXT,
  next_at      INTEGER,
  fire_at      INTEGER,
  last_at      INTEGER,
  last_thread  INTEGER,
  runs         INTEGER NOT NULL DEFAULT 0,
  failures     INTEGER NOT NULL DEFAULT 0,
  created_at   INTEGER NOT NULL,
  ended_at     INTEGER,
  CHECK ((at IS NOT NULL) + (cron IS NOT NULL) + (every_ms IS NOT NULL) = 1),
  CHECK ((target_id IS NULL) = (target IS NOT NULL)),
  CHECK ((state = 'active') = (fire_at IS NOT NULL) AND (fire_at IS NULL) = (next_at IS NULL))
) STRICT;
CREATE INDEX schedules_due ON schedules (fire_at) WHERE state = 'active';
CREATE INDEX schedules_by_owner ON schedules (owner_id);
CREATE INDEX schedules_by_target ON schedules (target_id) WHERE target_id IS NOT NULL;
CREATE INDEX schedules_by_circle ON schedules (circle_id);

-- A due time fires once: it is the key. Several that were missed share the row of the first, up to `until_at`.
CREATE TABLE occurrences (
  schedule_id INTEGER NOT NULL,
  due_at      INTEGER NOT NULL,
  outcome     TEXT NOT NULL CHECK (outcome = 'fired' OR outcome = 'missed' OR outcome = 'suppressed' OR outcome = 'skipped' OR outcome = 'failed'),
  at          INTEGER NOT NULL,
  until_at    INTEGER,
  count       INTEGER NOT NULL DEFAULT 1,
  threads     TEXT NOT NULL DEFAULT '[]',
  reason      TEXT,
  PRIMARY KEY (schedule_id, due_at)
) STRICT, WITHOUT ROWID;
