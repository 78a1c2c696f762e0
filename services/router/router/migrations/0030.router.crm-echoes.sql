-- By what a CRM's word of our own change is told from somebody's who says the same.

-- depends: 0029.router.read-back

ALTER TABLE crm_events ADD COLUMN words text[] NOT NULL DEFAULT '{}', ADD COLUMN is_ours boolean;
COMMENT ON COLUMN crm_events.words IS 'The values by which crm.yaml knows this change: our own request sends them all.';
COMMENT ON COLUMN crm_events.is_ours IS 'Whether the CRM says that our own login made it; null: crm.yaml does not say how to tell.';
