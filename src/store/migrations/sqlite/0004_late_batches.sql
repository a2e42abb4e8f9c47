-- What of a loss may still be taken back: until when, and the newest batch of it that is missing.
-- Null where nothing is expected.
ALTER TABLE loss ADD COLUMN late_until INTEGER;
ALTER TABLE loss ADD COLUMN missing_number INTEGER;
ALTER TABLE loss ADD COLUMN missing_hash BLOB CHECK (length(missing_hash) = 32);
