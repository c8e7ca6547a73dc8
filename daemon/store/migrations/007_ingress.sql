-- Sources that take nothing for a while, and secrets that take each other's place ----------------------------------------

-- A source that is paused tells those who send to it to come again.
ALTER TABLE sources ADD COLUMN paused_at INTEGER;
-- Null: by the administrator.
ALTER TABLE sources ADD COLUMN paused_by INTEGER CHECK (paused_by IS NULL OR paused_at IS NOT NULL);
ALTER TABLE sources ADD COLUMN pause_reason TEXT CHECK (pause_reason IS NULL OR paused_at IS NOT NULL);

-- Where the secret stands that takes the place of `secret`, as JSON like that: while a rotation is under way either verifies.
ALTER TABLE sources ADD COLUMN new_secret TEXT;
ALTER TABLE sources ADD COLUMN rotating_since INTEGER CHECK ((rotating_since IS NULL) = (new_secret IS NULL));
-- When an event was last taken, since then, that the old secret alone verifies, and one that the new secret does.
ALTER TABLE sources ADD COLUMN old_used_at INTEGER CHECK (old_used_at IS NULL OR new_secret IS NOT NULL);
ALTER TABLE sources ADD COLUMN new_used_at INTEGER CHECK (new_used_at IS NULL OR new_secret IS NOT NULL);
