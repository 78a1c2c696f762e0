-- After a restore: rounds that were read back were told to their reps before it, though no message of them is kept.

-- depends: 0030.router.crm-echoes

ALTER TABLE assignments ADD COLUMN is_read_back boolean NOT NULL DEFAULT false;
COMMENT ON COLUMN assignments.is_read_back IS 'Whether it was taken from lead-routed after a restore: its rep was told then.';
