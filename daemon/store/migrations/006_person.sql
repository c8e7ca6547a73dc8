-- What a person sees ---------------------------------------------------------------------------------------------------

-- The threads of one circle, from the newest back.
CREATE INDEX threads_by_circle ON threads (circle_id);

-- Since when a peer is in the turn it is in; null where that was never said.
ALTER TABLE peers ADD COLUMN turn_since INTEGER;

-- A person sees into its own circle as into every other.
INSERT OR IGNORE INTO grants (peer_id, circle_id, created_at)
  SELECT id, circle_id, created_at FROM peers WHERE role = 'person' AND enrolment_id IS NULL AND retired_at IS NULL;
