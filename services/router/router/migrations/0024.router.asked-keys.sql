-- A key that came with a decline that waits for a word is of no other act.

-- depends: 0023.router.waiting

ALTER TABLE asked_declines ADD COLUMN key text;
COMMENT ON COLUMN asked_declines.key IS 'The Idempotency-Key that it came with.';
