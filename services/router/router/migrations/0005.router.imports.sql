-- What an import asks for, and which rounds it took: its leads wait in a lane of their own, behind live ones.

ALTER TABLE leads ADD COLUMN handling jsonb;
COMMENT ON COLUMN leads.handling IS 'How the import that opened the lead wants it handed out: mode, leads a rep and day, owner. Null: a live lead.';
DROP INDEX leads_waiting;
CREATE INDEX leads_waiting ON leads (pool_id, line, rank, received_at, id) WHERE state = 'held' AND handling IS NULL;
CREATE INDEX leads_imported_waiting ON leads (pool_id, line, rank, received_at, id)
    WHERE state = 'held' AND handling IS NOT NULL;

ALTER TABLE assignments ADD COLUMN is_imported boolean NOT NULL DEFAULT false;
COMMENT ON COLUMN assignments.is_imported IS 'Whether an import brought the lead: counted against the rep''s imported leads of the day.';
CREATE INDEX assignments_imported ON assignments (rep_id, assigned_at) WHERE is_imported;
