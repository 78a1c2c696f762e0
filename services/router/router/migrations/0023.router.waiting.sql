-- Leads that wait are found by what they ask for, who had them before and whom they wait for, however many wait.

-- depends: 0022.router.said

ALTER TABLE leads
    ADD COLUMN waits_for text,
    ADD COLUMN had_by text NOT NULL GENERATED ALWAYS AS (CASE WHEN excluded = '{}' THEN '' ELSE md5(excluded::text) END) STORED;
COMMENT ON COLUMN leads.waits_for IS 'Of a lead that waits: its owner who could not take it, as the plan or the CRM names them. Null: nobody is named.';
COMMENT ON COLUMN leads.had_by IS 'Digest of excluded; empty where nobody had the lead before.';

DROP INDEX leads_waiting;
CREATE INDEX leads_waiting ON leads (pool_id, line, needs, had_by, rank, received_at, id)
    WHERE state = 'held' AND handling IS NULL AND hold_reason <> 'waits_for_owner';
DROP INDEX leads_imported_waiting;
CREATE INDEX leads_imported_waiting ON leads (pool_id, line, (handling->>'import_id'), needs, rank, received_at, id)
    WHERE state = 'held' AND handling IS NOT NULL;
CREATE INDEX leads_waiting_for ON leads (waits_for, rank, received_at, id)
    WHERE state = 'held' AND waits_for IS NOT NULL;
CREATE INDEX leads_held ON leads (pool_id, line) WHERE state = 'held';
CREATE INDEX leads_relaxing ON leads (pool_id, relax_at) WHERE state = 'held' AND handling IS NULL;

UPDATE leads SET next_try_at = now() WHERE state = 'held' AND hold_reason = 'waits_for_owner';
UPDATE pools SET drain_due = true;
