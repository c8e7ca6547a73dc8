-- When the transcript of the session that a delivery was handed to was seen to hold its message: a stage beside the state.
ALTER TABLE deliveries ADD COLUMN seen_at INTEGER;
