-- Later news of a signed month is noted also where it changes a lead's source or another lead's place in the volume, and where it moves what is counted out of the month; what happened in a month is found by its moments.

-- depends: 0009.sla-monitor.changed-since-closing 0012.sla-monitor.pages

CREATE INDEX ledger_accepted ON ledger (accepted_at) WHERE accepted_at IS NOT NULL;
CREATE INDEX ledger_contacted ON ledger (contacted_at) WHERE contacted_at IS NOT NULL;
CREATE INDEX ledger_opportunity ON ledger (opportunity_at) WHERE opportunity_at IS NOT NULL;
CREATE INDEX ledger_lost ON ledger (lost_at) WHERE lost_at IS NOT NULL;

ALTER TABLE changed_since_closing ADD COLUMN delivered_at timestamptz;
COMMENT ON COLUMN changed_since_closing.delivered_at IS 'Of a lead that came, went or moved as a delivery: from here on others may have another place in the volume, in each month that it was or is in.';

CREATE OR REPLACE FUNCTION note_changed_leads() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_advisory_xact_lock_shared(hashtextextended('baton ' || TG_TABLE_SCHEMA || ' closing', 0));
    INSERT INTO changed_since_closing (subject, is_promise, delivered_at)
    SELECT lead_id, false, CASE WHEN NOT (is_test OR is_own OR is_known OR is_merged) THEN delivered_at END
    FROM changed
    WHERE least(received_at, delivered_at, handed_at, given_at, won_at) < (SELECT max(ends_at) FROM months);
    RETURN NULL;
END $$;
CREATE FUNCTION note_moved_leads() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_advisory_xact_lock_shared(hashtextextended('baton ' || TG_TABLE_SCHEMA || ' closing', 0));
    INSERT INTO changed_since_closing (subject, is_promise, delivered_at)
    SELECT lead_id, false, CASE WHEN now_at IS DISTINCT FROM was_at THEN place.at END
    FROM (
        SELECT
            lead_id,
            least(
                changed.received_at, changed.delivered_at, changed.handed_at, changed.given_at, changed.won_at,
                former.received_at, former.delivered_at, former.handed_at, former.given_at, former.won_at
            ) AS earliest,
            CASE WHEN NOT (changed.is_test OR changed.is_own OR changed.is_known OR changed.is_merged)
                THEN changed.delivered_at END AS now_at,
            CASE WHEN NOT (former.is_test OR former.is_own OR former.is_known OR former.is_merged)
                THEN former.delivered_at END AS was_at
        FROM changed JOIN former USING (lead_id)
    ) AS moved
    CROSS JOIN LATERAL (VALUES (now_at, true), (was_at, false)) AS place (at, is_now)
    WHERE earliest < (SELECT max(ends_at) FROM months) AND (is_now OR now_at IS DISTINCT FROM was_at);
    RETURN NULL;
END $$;
DROP TRIGGER leads_changed ON ledger;
CREATE TRIGGER leads_changed AFTER UPDATE ON ledger REFERENCING OLD TABLE AS former NEW TABLE AS changed
    FOR EACH STATEMENT EXECUTE FUNCTION note_moved_leads();

CREATE FUNCTION note_changed_sources() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_advisory_xact_lock_shared(hashtextextended('baton ' || TG_TABLE_SCHEMA || ' closing', 0));
    INSERT INTO changed_since_closing (subject, is_promise)
    SELECT DISTINCT lead_id, false FROM changed WHERE at < (SELECT max(ends_at) FROM months);
    RETURN NULL;
END $$;
CREATE TRIGGER sources_told AFTER INSERT ON touches REFERENCING NEW TABLE AS changed
    FOR EACH STATEMENT EXECUTE FUNCTION note_changed_sources();
CREATE TRIGGER sources_changed AFTER UPDATE ON touches REFERENCING NEW TABLE AS changed
    FOR EACH STATEMENT EXECUTE FUNCTION note_changed_sources();
CREATE TRIGGER sources_were AFTER UPDATE ON touches REFERENCING OLD TABLE AS changed
    FOR EACH STATEMENT EXECUTE FUNCTION note_changed_sources();
