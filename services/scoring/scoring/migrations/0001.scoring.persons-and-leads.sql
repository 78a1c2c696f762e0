-- Persons, submissions, leads and their scores.
-- There are no foreign keys between these tables: rows of one batch are written under the locks that handlers.py
-- takes in its one order, and a key check would take further locks in an order of its own.

CREATE TABLE persons (
    id uuid PRIMARY KEY,
    first_at timestamptz NOT NULL,
    merged_into uuid CHECK (merged_into <> id),
    merges integer NOT NULL DEFAULT 0,
    profile jsonb NOT NULL,
    profile_received jsonb NOT NULL
) WITH (fillfactor = 80);
COMMENT ON TABLE persons IS 'Who is behind submissions. merged_into: the older person this one turned out to be. merges: seq of lead-merged. profile_received: when each field of the profile was received.';
CREATE INDEX persons_merged_into ON persons (merged_into) WHERE merged_into IS NOT NULL;

CREATE TABLE identity_keys (
    kind text COLLATE "C" NOT NULL,
    value text COLLATE "C" NOT NULL,
    person_id uuid,
    email text,
    identifies boolean NOT NULL DEFAULT true,
    PRIMARY KEY (kind, value)
) WITH (fillfactor = 80);
COMMENT ON TABLE identity_keys IS 'Keys by which a person is known again. person_id: the person first seen with it, unchanged by merges, so that a merge can be undone. email: the first e-mail seen beside a phone; with a second one the phone identifies nobody.';
CREATE INDEX identity_keys_person ON identity_keys (person_id);

CREATE TABLE submissions (
    id uuid PRIMARY KEY,
    form_id text NOT NULL,
    fingerprint text NOT NULL,
    key text,
    received_at timestamptz NOT NULL,
    durable_at timestamptz NOT NULL,
    stored_at timestamptz NOT NULL,
    is_bulk boolean NOT NULL,
    state text NOT NULL CHECK (state IN ('opened', 'joined', 'duplicate', 'quarantined')),
    person_id uuid,
    lead_ids uuid[] NOT NULL DEFAULT '{}',
    keys text[] NOT NULL DEFAULT '{}',
    duplicate_of uuid,
    event jsonb NOT NULL,
    CHECK ((state IN ('opened', 'joined')) = (person_id IS NOT NULL AND lead_ids <> '{}')),
    CHECK ((state = 'duplicate') = (duplicate_of IS NOT NULL))
) WITH (fillfactor = 90);
COMMENT ON TABLE submissions IS 'Each submission once, as it came (event), and what became of it. person_id: as resolved then; follow merged_into for now. keys: its identity keys as kind:value.';
CREATE INDEX submissions_content ON submissions (fingerprint, received_at);
CREATE INDEX submissions_person ON submissions (person_id) WHERE person_id IS NOT NULL;

CREATE TABLE submission_keys (
    form_id text COLLATE "C" NOT NULL,
    key text COLLATE "C" NOT NULL,
    fingerprint text NOT NULL,
    submission_id uuid NOT NULL,
    PRIMARY KEY (form_id, key)
);
COMMENT ON TABLE submission_keys IS 'The content that an Idempotency-Key or a vendor''s id was first used with, on each form.';

CREATE TABLE quarantine (
    submission_id uuid PRIMARY KEY,
    form_id text NOT NULL,
    reason text NOT NULL,
    detail text,
    received_at timestamptz NOT NULL,
    stored_at timestamptz NOT NULL
);
COMMENT ON TABLE quarantine IS 'Submissions that wait for a person, and why; the submission itself stands in submissions.';
CREATE INDEX quarantine_newest ON quarantine (stored_at DESC, submission_id DESC);

CREATE TABLE leads (
    id uuid PRIMARY KEY,
    person_id uuid NOT NULL,
    opened_person uuid NOT NULL,
    line text NOT NULL,
    opened_by uuid NOT NULL,
    opened_at timestamptz NOT NULL,
    state text NOT NULL CHECK (state IN ('open', 'closed', 'merged')),
    seq integer NOT NULL CHECK (seq >= 1),
    submissions integer NOT NULL CHECK (submissions >= 1),
    asks boolean NOT NULL,
    is_test boolean NOT NULL,
    origins jsonb NOT NULL,
    attribution jsonb NOT NULL,
    consent jsonb,
    fit smallint NOT NULL CHECK (fit BETWEEN 0 AND 100),
    interest smallint NOT NULL CHECK (interest BETWEEN 0 AND 100),
    quadrant text NOT NULL,
    stage text NOT NULL,
    sql_at timestamptz,
    rulebook_version integer NOT NULL,
    merged_into uuid,
    closed_at timestamptz,
    close_reason text,
    CHECK ((state = 'merged') = (merged_into IS NOT NULL))
) WITH (fillfactor = 80);
COMMENT ON TABLE leads IS 'One selling cycle of a person for one line. seq: of the lead-scored published last. opened_person: whom it was opened for, before any merge. origins: distinct form, source and campaign of its submissions, the opening one first.';
CREATE UNIQUE INDEX leads_one_open ON leads (person_id, line) WHERE state = 'open';
CREATE INDEX leads_person ON leads (person_id);
CREATE INDEX leads_newest ON leads (opened_at DESC, id DESC);

CREATE TABLE scores (
    lead_id uuid NOT NULL,
    seq integer NOT NULL,
    at timestamptz NOT NULL,
    cause_id uuid NOT NULL,
    cause_kind text NOT NULL,
    fit smallint NOT NULL,
    interest smallint NOT NULL,
    quadrant text NOT NULL,
    stage text NOT NULL,
    rulebook_version integer NOT NULL,
    contributions jsonb NOT NULL,
    PRIMARY KEY (lead_id, seq)
);
COMMENT ON TABLE scores IS 'Every score of a lead with what contributed; the row of the lead''s own seq is the one that holds.';

CREATE TABLE merges (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    survivor uuid NOT NULL,
    other uuid NOT NULL,
    submission_id uuid NOT NULL,
    at timestamptz NOT NULL,
    leads_ended uuid[] NOT NULL,
    leads_moved uuid[] NOT NULL
);
COMMENT ON TABLE merges IS 'Two persons found to be one: by which submission, and what it did to their leads; enough to undo it.';
CREATE INDEX merges_survivor ON merges (survivor);

CREATE TABLE receipt_batches (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    instance text NOT NULL,
    numbers int8multirange NOT NULL,
    heard_at timestamptz NOT NULL
);
COMMENT ON TABLE receipt_batches IS 'Numbers of an intake instance as read, repeats and voided ones included, not yet added to receipts.';

CREATE TABLE receipts (
    instance text PRIMARY KEY,
    numbers int8multirange NOT NULL,
    highest bigint NOT NULL,
    last_at timestamptz NOT NULL,
    settled bigint NOT NULL,
    sampled bigint NOT NULL,
    sampled_at timestamptz NOT NULL
);
COMMENT ON TABLE receipts IS 'Which numbers of each intake instance have arrived. Numbers up to settled that are missing are unaccounted for.';

CREATE TABLE reading (
    topic text NOT NULL,
    partition integer NOT NULL,
    read_up_to timestamptz NOT NULL,
    PRIMARY KEY (topic, partition)
) WITH (fillfactor = 50);
COMMENT ON TABLE reading IS 'How far each partition of submissions has been read, in broker time.';
