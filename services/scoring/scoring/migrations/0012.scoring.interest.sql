-- Interest that fades: when each origin was last seen, and when time alone will move a lead.

-- depends: 0009.scoring.merged-leads

ALTER TABLE leads
    ADD COLUMN is_own boolean NOT NULL DEFAULT true,
    ADD COLUMN due_at timestamptz;
COMMENT ON COLUMN leads.origins IS 'Distinct [form, source, campaign, time of the newest submission, its id], the one that opened it first; older rows have the first three only.';
COMMENT ON COLUMN leads.is_own IS 'Whether the person did something themselves, and does not only stand in an imported list.';
COMMENT ON COLUMN leads.due_at IS 'When time alone moves the lead to another quadrant, as computed when it was last scored; null: never.';
UPDATE leads SET is_own = false WHERE handling IS NOT NULL;
CREATE INDEX leads_due ON leads (due_at) WHERE state = 'open' AND due_at IS NOT NULL;
