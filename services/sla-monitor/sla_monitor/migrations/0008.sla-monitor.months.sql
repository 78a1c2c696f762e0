-- Objections, incidents, and the months as both sides signed them.

-- depends: 0007.sla-monitor.ledger

CREATE TABLE objections (
    id uuid PRIMARY KEY,
    about text NOT NULL CHECK (about IN ('rejection', 'breach')),
    subject uuid NOT NULL,
    lead_id uuid NOT NULL,
    side text NOT NULL CHECK (side IN ('marketing', 'sales')),
    by text NOT NULL,
    at timestamptz NOT NULL,
    reason text NOT NULL,
    happened_at timestamptz NOT NULL,
    verdict text CHECK (verdict IN ('upheld', 'excused')),
    decided_by text,
    decided_at timestamptz,
    why text,
    CONSTRAINT one_objection_a_subject UNIQUE (subject)
);
COMMENT ON TABLE objections IS 'What either side holds against a rejection or a breach, and how it was decided. Nothing is deleted.';
COMMENT ON COLUMN objections.subject IS 'The fact of the rejection, or the timer of the breach. happened_at: when that was.';
CREATE INDEX objections_at ON objections (at, id);
CREATE INDEX objections_of_lead ON objections (lead_id);

CREATE TABLE incidents (
    id uuid PRIMARY KEY,
    from_at timestamptz NOT NULL,
    until_at timestamptz NOT NULL CHECK (until_at > from_at),
    why text NOT NULL,
    by text NOT NULL,
    at timestamptz NOT NULL,
    retracted_by text,
    retracted_at timestamptz
);
COMMENT ON TABLE incidents IS 'Windows in which nobody is to blame: a breach whose due time lies in one, both ends included, is excused.';

CREATE TABLE months (
    period text PRIMARY KEY,
    starts_at timestamptz NOT NULL,
    ends_at timestamptz NOT NULL,
    marketing_name text,
    marketing_by text,
    marketing_at timestamptz,
    sales_name text,
    sales_by text,
    sales_at timestamptz,
    closed_at timestamptz
);
COMMENT ON TABLE months IS 'Who signed a month for each side. With the second signature it is closed, and its figures stand in bookings.';

CREATE TABLE bookings (
    booked_in text NOT NULL,
    of text NOT NULL,
    measure text NOT NULL,
    subject uuid NOT NULL,
    goal text NOT NULL DEFAULT '',
    amount numeric NOT NULL,
    PRIMARY KEY (of, subject, measure, goal, booked_in)
);
COMMENT ON TABLE bookings IS 'Each lead''s or promise''s part in the figures of a closed month, as of its closing; booked in a later month: a correction to it.';
CREATE INDEX bookings_corrections ON bookings (booked_in) WHERE booked_in <> of;

CREATE TABLE changed_since_closing (
    subject uuid PRIMARY KEY,
    is_promise boolean NOT NULL
);
COMMENT ON TABLE changed_since_closing IS 'Leads and promises of signed months that changed since: what corrections are looked for in. May name too many, never too few.';

-- Whoever changes something holds the lock shared until the commit; whoever signs takes it once alone, so that
-- every change is either in what the closing reads or noted here.
CREATE FUNCTION note_changed_promises() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_advisory_xact_lock_shared(hashtextextended('baton ' || TG_TABLE_SCHEMA || ' closing', 0));
    INSERT INTO changed_since_closing (subject, is_promise)
    SELECT id, true FROM changed WHERE due_at < (SELECT max(ends_at) FROM months)
    ORDER BY id ON CONFLICT DO NOTHING;
    RETURN NULL;
END $$;
CREATE FUNCTION note_changed_leads() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_advisory_xact_lock_shared(hashtextextended('baton ' || TG_TABLE_SCHEMA || ' closing', 0));
    INSERT INTO changed_since_closing (subject, is_promise)
    SELECT lead_id, false FROM changed
    WHERE least(received_at, delivered_at, handed_at) < (SELECT max(ends_at) FROM months)
    ORDER BY lead_id ON CONFLICT DO NOTHING;
    RETURN NULL;
END $$;
CREATE TRIGGER promises_opened AFTER INSERT ON timers REFERENCING NEW TABLE AS changed
    FOR EACH STATEMENT EXECUTE FUNCTION note_changed_promises();
CREATE TRIGGER promises_changed AFTER UPDATE ON timers REFERENCING NEW TABLE AS changed
    FOR EACH STATEMENT EXECUTE FUNCTION note_changed_promises();
CREATE TRIGGER promises_were AFTER UPDATE ON timers REFERENCING OLD TABLE AS changed
    FOR EACH STATEMENT EXECUTE FUNCTION note_changed_promises();
CREATE TRIGGER leads_noted AFTER INSERT ON ledger REFERENCING NEW TABLE AS changed
    FOR EACH STATEMENT EXECUTE FUNCTION note_changed_leads();
CREATE TRIGGER leads_changed AFTER UPDATE ON ledger REFERENCING NEW TABLE AS changed
    FOR EACH STATEMENT EXECUTE FUNCTION note_changed_leads();
