-- What is decided or done at one moment, in one batch or by a clock that stands, is told in its order.

-- depends: 0008.router.accounts

ALTER TABLE decisions ADD COLUMN routed_seq integer;
COMMENT ON COLUMN decisions.routed_seq IS 'seq of the lead-routed that tells it. Null: decided before it was kept.';
ALTER TABLE acts ADD COLUMN progressed_seq integer;
COMMENT ON COLUMN acts.progressed_seq IS 'seq of the lead-progressed that tells it. Null: done before it was kept.';
