-- Who is in nurturing, why, what marketing's tool was told of them, and when a recycled lead wakes.

-- depends: 0014.scoring.feedback

CREATE TABLE nurturing (
    person_id uuid NOT NULL,
    line text NOT NULL,
    contact_id uuid NOT NULL,
    lead_id uuid NOT NULL,
    why text NOT NULL CHECK (why IN ('not_sql', 'imported', 'recycled')),
    quadrant text NOT NULL,
    stage text NOT NULL,
    reason text NOT NULL,
    since timestamptz NOT NULL,
    wake_at timestamptz,
    kept_back text,
    is_told boolean NOT NULL DEFAULT false,
    revision integer NOT NULL DEFAULT 0,
    changed_at timestamptz NOT NULL,
    left_at timestamptz,
    left_because text,
    was_handed boolean NOT NULL DEFAULT false,
    PRIMARY KEY (person_id, line),
    CHECK ((left_at IS NULL) = (left_because IS NULL))
) WITH (fillfactor = 70);
COMMENT ON TABLE nurturing IS 'Persons who are with marketing for a line, once each; who left stays 30 days. contact_id: what the tool knows them by. lead_id: the lead by which they are here. reason: in words, a rep''s among them, so an erasure empties it. kept_back: why the tool is not told. is_told: whether it has them now, as far as we know. revision: of what it was told, counted. was_handed: whether it was ever told since they came.';
CREATE INDEX nurturing_lead ON nurturing (lead_id);
CREATE INDEX nurturing_newest ON nurturing (since DESC, contact_id DESC) WHERE left_at IS NULL;
CREATE INDEX nurturing_left ON nurturing (left_at) WHERE left_at IS NOT NULL;

CREATE TABLE nurturing_looks (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    lead_id uuid NOT NULL
);
COMMENT ON TABLE nurturing_looks IS 'Leads of which it is to be looked whether they are in nurturing: written with whatever changed them, taken by one loop.';

CREATE TABLE nurturing_policy (
    is_only boolean PRIMARY KEY DEFAULT true CHECK (is_only),
    policy jsonb NOT NULL,
    rulebook_version integer NOT NULL,
    at timestamptz NOT NULL
);
COMMENT ON TABLE nurturing_policy IS 'nurturing.yaml as everybody was last looked at by.';

CREATE TABLE nurturing_files (
    day date PRIMARY KEY,
    at timestamptz NOT NULL,
    rows integer NOT NULL
);
COMMENT ON TABLE nurturing_files IS 'Each day''s CSV, in the company''s time zone.';

CREATE TABLE unsubscribes (
    kind text COLLATE "C" NOT NULL,
    value text COLLATE "C" NOT NULL,
    at timestamptz NOT NULL,
    via text NOT NULL CHECK (via IN ('tool', 'operator')),
    by text NOT NULL,
    PRIMARY KEY (kind, value)
);
COMMENT ON TABLE unsubscribes IS 'Identity keys of whoever wants no marketing, known here or not: kept so that nobody hands them over again. An erasure takes them.';

CREATE TABLE wake_ups (
    lead_id uuid PRIMARY KEY,
    event_id uuid NOT NULL,
    wake_at timestamptz NOT NULL,
    became text CHECK (became IN ('opened', 'overtaken', 'left_alone', 'ended_otherwise')),
    became_at timestamptz
) WITH (fillfactor = 80);
COMMENT ON TABLE wake_ups IS 'When a recycled lead is to come back. event_id: of the recycling, by which the new lead is named. became: what came of it.';
CREATE INDEX wake_ups_due ON wake_ups (wake_at) WHERE became IS NULL;

-- Leads and persons are changed in many places, and a place forgotten would be a hole: so the tables themselves ask
-- for a look. Only what decides about nurturing counts; statements, not rows, so that a batch asks once.
CREATE FUNCTION look_at_new_leads() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO nurturing_looks (lead_id) SELECT id FROM fresh;
    RETURN NULL;
END $$;

CREATE FUNCTION look_at_changed_leads() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO nurturing_looks (lead_id) SELECT id FROM (
        SELECT id, person_id, state, stage, quadrant, is_test, close_reason, consent, invited_at, handling IS NULL FROM fresh
        EXCEPT
        SELECT id, person_id, state, stage, quadrant, is_test, close_reason, consent, invited_at, handling IS NULL FROM stale
    ) AS changed;
    RETURN NULL;
END $$;

CREATE FUNCTION look_at_changed_persons() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    changed uuid;
BEGIN
    FOR changed IN
        SELECT id FROM (
            SELECT id, suppressed_at, merged_into FROM fresh EXCEPT SELECT id, suppressed_at, merged_into FROM stale
        ) AS differing
    LOOP
        INSERT INTO nurturing_looks (lead_id) SELECT l.id FROM leads l WHERE l.person_id = changed;
    END LOOP;
    RETURN NULL;
END $$;

CREATE TRIGGER nurturing_new_leads AFTER INSERT ON leads
    REFERENCING NEW TABLE AS fresh FOR EACH STATEMENT EXECUTE FUNCTION look_at_new_leads();
CREATE TRIGGER nurturing_changed_leads AFTER UPDATE ON leads
    REFERENCING NEW TABLE AS fresh OLD TABLE AS stale FOR EACH STATEMENT EXECUTE FUNCTION look_at_changed_leads();
CREATE TRIGGER nurturing_changed_persons AFTER UPDATE ON persons
    REFERENCING NEW TABLE AS fresh OLD TABLE AS stale FOR EACH STATEMENT EXECUTE FUNCTION look_at_changed_persons();

INSERT INTO nurturing_looks (lead_id) SELECT id FROM leads WHERE state = 'open' OR close_reason = 'recycled';
