-- What reps found themselves is none of marketing's, and what sales gave back as another one again is no new lead.

-- depends: 0002.sla-monitor.contacts

ALTER TABLE leads ADD COLUMN is_own boolean NOT NULL DEFAULT false;
COMMENT ON COLUMN leads.is_own IS 'Whether a rep found it: it counts in no figure of marketing''s, and nothing is promised of it.';
UPDATE leads SET is_own = true WHERE source = 'own';
ALTER TABLE leads
    ADD COLUMN is_duplicate boolean NOT NULL DEFAULT false,
    ADD COLUMN duplicate_counted boolean NOT NULL DEFAULT false;
COMMENT ON COLUMN leads.is_duplicate IS 'Whether sales gave it back as another one again. duplicate_counted: once its source is known, too.';
