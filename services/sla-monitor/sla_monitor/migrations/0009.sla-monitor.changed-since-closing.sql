-- Changes to signed months are noted once a change: a closing forgets those it has read, and no later one with them.

-- depends: 0008.sla-monitor.months

ALTER TABLE changed_since_closing DROP CONSTRAINT changed_since_closing_pkey;
CREATE INDEX changed_subjects ON changed_since_closing (subject);
COMMENT ON TABLE changed_since_closing IS 'Leads and promises of signed months that changed since, a row a change: what corrections are looked for in. May name too many, never too few.';

CREATE OR REPLACE FUNCTION note_changed_promises() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_advisory_xact_lock_shared(hashtextextended('baton ' || TG_TABLE_SCHEMA || ' closing', 0));
    INSERT INTO changed_since_closing (subject, is_promise)
    SELECT id, true FROM changed WHERE due_at < (SELECT max(ends_at) FROM months);
    RETURN NULL;
END $$;
CREATE OR REPLACE FUNCTION note_changed_leads() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_advisory_xact_lock_shared(hashtextextended('baton ' || TG_TABLE_SCHEMA || ' closing', 0));
    INSERT INTO changed_since_closing (subject, is_promise)
    SELECT lead_id, false FROM changed
    WHERE least(received_at, delivered_at, handed_at) < (SELECT max(ends_at) FROM months);
    RETURN NULL;
END $$;
