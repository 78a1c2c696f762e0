-- Decisions of one batch are of one moment: this tells which came first.

-- depends: 0008.router.accounts

ALTER TABLE decisions ADD COLUMN routed_seq integer;
COMMENT ON COLUMN decisions.routed_seq IS 'seq of the lead-routed that tells it. Null: decided before it was kept.';
