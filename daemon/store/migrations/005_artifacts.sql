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
