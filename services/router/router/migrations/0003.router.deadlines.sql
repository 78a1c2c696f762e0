-- Deadlines are kept as moments: those of the past stay what they were, whatever the calendar says later.

-- depends: 0002.router.merged-leads

ALTER TABLE assignments
    ADD COLUMN accept_by timestamptz,
    ADD COLUMN respond_by timestamptz;
COMMENT ON COLUMN assignments.accept_within IS 'Promised working time at the handoff.';
COMMENT ON COLUMN assignments.accept_by IS 'Moves with the rep''s hours while the promise runs, else as it held when it was kept, broken or over. Null: never.';
