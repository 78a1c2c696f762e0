-- After a restore: what came of which states was read back from the router's own topics.

-- depends: 0028.router.crm-contacts

ALTER TABLE leads ADD COLUMN handled_seq bigint NOT NULL DEFAULT 0;
COMMENT ON COLUMN leads.handled_seq IS 'seq of the newest lead-scored whose effect was read back after a restore: up to it a state is only taken in.';
