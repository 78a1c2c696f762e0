-- What CRMs are told of leads, what they answered, and what they say themselves.

-- depends: 0010.router.roster

CREATE TABLE crm_in_use (since timestamptz PRIMARY KEY DEFAULT now());
COMMENT ON TABLE crm_in_use IS 'Holds a row once a version of the rulebook has named a CRM; until then nothing is noted for one.';

CREATE TABLE crm_news (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    cause uuid NOT NULL,
    lead_id uuid NOT NULL,
    round integer NOT NULL,
    kind text NOT NULL,
    act_id uuid,
    happened_at timestamptz NOT NULL
);
COMMENT ON TABLE crm_news IS 'What happened to leads that CRMs have not been asked about yet, in order; cause is the round or the act.';

CREATE TABLE crm_requests (
    id uuid PRIMARY KEY,
    position bigint GENERATED ALWAYS AS IDENTITY,
    connection text NOT NULL,
    request text NOT NULL,
    kind text NOT NULL,
    lead_id uuid NOT NULL,
    person_id uuid,
    subject uuid NOT NULL,
    round integer NOT NULL,
    act_id uuid,
    happened_at timestamptz NOT NULL,
    created_at timestamptz NOT NULL,
    due_at timestamptz NOT NULL,
    give_up_at timestamptz NOT NULL,
    claimed_until timestamptz,
    attempts integer NOT NULL DEFAULT 0,
    state text NOT NULL DEFAULT 'pending' CHECK (state IN ('pending', 'done', 'skipped', 'given_up')),
    outcome text,
    detail text,
    ended_at timestamptz
) WITH (fillfactor = 70);
COMMENT ON TABLE crm_requests IS 'One request of crm.yaml for one thing that happened. It is made of the lead as it is when it is sent, so nothing about a person waits here.';
COMMENT ON COLUMN crm_requests.subject IS 'Requests of one subject (the person, else the lead) go out one after the other, by position.';
CREATE INDEX crm_requests_due ON crm_requests (due_at) WHERE state = 'pending';
CREATE INDEX crm_requests_in_line ON crm_requests (connection, subject, position) WHERE state = 'pending';
CREATE INDEX crm_requests_of_lead ON crm_requests (lead_id, position);
CREATE INDEX crm_requests_given_up ON crm_requests (ended_at) WHERE state = 'given_up';

CREATE TABLE crm_attempts (
    request_id uuid NOT NULL REFERENCES crm_requests ON DELETE CASCADE,
    number integer NOT NULL CHECK (number >= 1),
    began_at timestamptz NOT NULL,
    ended_at timestamptz NOT NULL,
    outcome text NOT NULL,
    detail text,
    owner text,
    PRIMARY KEY (request_id, number)
);
COMMENT ON COLUMN crm_attempts.owner IS 'The rep whom the request named, as the CRM calls them: by it our own change is known when it comes back.';

CREATE TABLE crm_records (
    connection text NOT NULL,
    name text NOT NULL,
    subject uuid NOT NULL,
    object_id text NOT NULL,
    lead_id uuid NOT NULL,
    kept_at timestamptz NOT NULL,
    PRIMARY KEY (connection, name, subject)
);
COMMENT ON TABLE crm_records IS 'Under which id a CRM keeps a lead or a person; lead_id is the lead that it was last told of.';
CREATE INDEX crm_records_by_object ON crm_records (connection, object_id);
CREATE INDEX crm_records_of_lead ON crm_records (lead_id);

CREATE TABLE crm_events (
    connection text NOT NULL,
    id text NOT NULL,
    record text NOT NULL,
    object_id text NOT NULL,
    occurred_at timestamptz,
    received_at timestamptz NOT NULL,
    owner text,
    outcome text,
    value_minor bigint,
    currency text,
    reason text,
    state text NOT NULL DEFAULT 'new' CHECK (state IN ('new', 'applied', 'ignored', 'unmatched')),
    why text,
    lead_id uuid,
    settled_at timestamptz,
    PRIMARY KEY (connection, id)
);
COMMENT ON TABLE crm_events IS 'What a CRM said of an object, each event once, and what became of it. occurred_at is when the CRM says it was.';
CREATE INDEX crm_events_new ON crm_events (received_at) WHERE state = 'new';
CREATE INDEX crm_events_unmatched ON crm_events (received_at) WHERE state = 'unmatched';
CREATE INDEX crm_events_of_object ON crm_events (connection, object_id, occurred_at);
CREATE INDEX crm_events_of_lead ON crm_events (lead_id);

-- Whoever begins or ends a round, or keeps an act, has it noted in the same transaction, one statement a batch.

CREATE FUNCTION crm_comes_into_use() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF coalesce(NEW.rulebook->'crm', '{}') <> '{}' AND NOT EXISTS (SELECT FROM crm_in_use) THEN
        INSERT INTO crm_in_use DEFAULT VALUES ON CONFLICT DO NOTHING;
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER crm_comes_into_use AFTER INSERT ON rulebook_versions
    FOR EACH ROW EXECUTE FUNCTION crm_comes_into_use();

CREATE FUNCTION crm_hears_of_handoffs() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT FROM crm_in_use) THEN
        INSERT INTO crm_news (cause, lead_id, round, kind, happened_at)
        SELECT id, lead_id, round, CASE round WHEN 1 THEN 'assigned' ELSE 'reassigned' END, assigned_at
        FROM begun WHERE ended_at IS NULL ORDER BY assigned_at, id;
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER crm_hears_of_handoffs AFTER INSERT ON assignments REFERENCING NEW TABLE AS begun
    FOR EACH STATEMENT EXECUTE FUNCTION crm_hears_of_handoffs();

CREATE FUNCTION crm_hears_of_ends() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT FROM crm_in_use) THEN
        INSERT INTO crm_news (cause, lead_id, round, kind, happened_at)
        SELECT n.id, n.lead_id, n.round, 'closed', n.ended_at
        FROM ended n JOIN before b ON b.id = n.id
        WHERE n.ended_by = 'closed' AND b.ended_at IS NULL ORDER BY n.id;
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER crm_hears_of_ends AFTER UPDATE ON assignments REFERENCING OLD TABLE AS before NEW TABLE AS ended
    FOR EACH STATEMENT EXECUTE FUNCTION crm_hears_of_ends();

CREATE FUNCTION crm_hears_of_acts() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT FROM crm_in_use) THEN
        INSERT INTO crm_news (cause, lead_id, round, kind, act_id, happened_at)
        SELECT id, lead_id, round, CASE kind WHEN 'outcome' THEN 'outcome.' || (content->>'result') ELSE kind END,
               id, at
        FROM done WHERE kind IN ('accepted', 'contacted', 'rejected', 'recycled', 'outcome');
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER crm_hears_of_acts AFTER INSERT ON acts REFERENCING NEW TABLE AS done
    FOR EACH STATEMENT EXECUTE FUNCTION crm_hears_of_acts();
