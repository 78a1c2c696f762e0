-- How the forms are: what each usually brings, since when something is missing, and the alerts about it.

-- depends: 0002.scoring.leads-merged

CREATE INDEX submissions_stored ON submissions (stored_at, id);

CREATE TABLE form_health (
    form_id text PRIMARY KEY,
    first_at timestamptz NOT NULL,
    last_at timestamptz NOT NULL,
    submissions bigint NOT NULL,
    quarantined bigint NOT NULL,
    counted bigint NOT NULL,
    fields jsonb NOT NULL,
    unmapped jsonb NOT NULL
) WITH (fillfactor = 70);
COMMENT ON TABLE form_health IS 'Each form as its submissions show it; tests, imports and repeats are left out. counted: those whose fields were looked at. fields: how often each mapped field was filled, and since when it is empty. unmapped: names of fields that nothing reads, with the kind of their content and never the content.';

CREATE TABLE form_slots (
    form_id text NOT NULL,
    slot timestamptz NOT NULL,
    submissions integer NOT NULL,
    PRIMARY KEY (form_id, slot)
) WITH (fillfactor = 70);
COMMENT ON TABLE form_slots IS 'Submissions of each form by the quarter of an hour they were received in; nine weeks of them.';

CREATE TABLE form_troubles (
    form_id text NOT NULL,
    slot timestamptz NOT NULL,
    reason text NOT NULL,
    submissions integer NOT NULL,
    PRIMARY KEY (form_id, reason, slot)
) WITH (fillfactor = 70);
COMMENT ON TABLE form_troubles IS 'Submissions put into quarantine in a spam wave, or because their vendor did not hand them out, by the quarter of an hour they were stored in.';

CREATE TABLE form_fetches (
    form_id text NOT NULL,
    instance text NOT NULL,
    vendor text NOT NULL,
    state text NOT NULL CHECK (state IN ('failing', 'recovered')),
    reason text,
    since timestamptz,
    waiting integer NOT NULL,
    at timestamptz NOT NULL,
    PRIMARY KEY (form_id, instance)
) WITH (fillfactor = 70);
COMMENT ON TABLE form_fetches IS 'What each intake instance said last of fetching a form''s leads from its vendor.';

CREATE TABLE form_health_position (
    is_only boolean PRIMARY KEY DEFAULT true CHECK (is_only),
    stored_at timestamptz NOT NULL,
    submission_id uuid NOT NULL
) WITH (fillfactor = 50);
COMMENT ON TABLE form_health_position IS 'The submission up to which form_health has been counted, in order of stored_at and id.';

CREATE TABLE alerts (
    id uuid PRIMARY KEY,
    kind text NOT NULL,
    form_id text NOT NULL,
    subject text NOT NULL,
    since timestamptz NOT NULL,
    opened_at timestamptz NOT NULL,
    told_at timestamptz NOT NULL,
    tellings integer NOT NULL,
    closed_at timestamptz,
    facts jsonb NOT NULL
) WITH (fillfactor = 80);
COMMENT ON TABLE alerts IS 'Trouble with forms, once for as long as it lasts. subject: the field it is about, else empty. since: when the trouble began; opened_at: when it was noticed. told_at, tellings: when last, and how often.';
CREATE UNIQUE INDEX alerts_one_open ON alerts (kind, form_id, subject) WHERE closed_at IS NULL;
CREATE INDEX alerts_newest ON alerts (opened_at DESC, id DESC);

CREATE TABLE alert_acts (
    alert_id uuid NOT NULL,
    at timestamptz NOT NULL,
    act text NOT NULL CHECK (act IN ('opened', 'repeated', 'closed', 'superseded')),
    receivers integer NOT NULL,
    PRIMARY KEY (alert_id, at, act)
);
COMMENT ON TABLE alert_acts IS 'What was told of each alert when, and to how many receivers.';
