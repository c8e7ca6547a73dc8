-- What a person sees ---------------------------------------------------------------------------------------------------

-- The threads of one circle, from the newest back.
CREATE INDEX threads_by_circle ON threads (circle_id);

-- Since when a peer is in the turn it is in; null where that was never said.
ALTER TABLE peers ADD COLUMN turn_since INTEGER;

-- A person sees into its own circle as into every other.
INSERT OR IGNORE INTO grants (peer_id, circle_id, created_at)
  SELECT id, circle_id, created_at FROM peers WHERE role = 'person' AND enrolment_id IS NULL AND retired_at IS NULL;
-- What came with boards.

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
