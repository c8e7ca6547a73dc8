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
