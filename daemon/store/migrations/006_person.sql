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
