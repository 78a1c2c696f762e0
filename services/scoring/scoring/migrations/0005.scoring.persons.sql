-- Persons who asked to be erased or left alone, who asked it for them, and what retention has taken.

-- depends: 0003.scoring.quarantine-and-replay

ALTER TABLE persons ADD COLUMN suppressed_at timestamptz;
COMMENT ON COLUMN persons.suppressed_at IS 'Since when the person is not to be contacted; null: may be.';

ALTER TABLE leads
    ADD COLUMN invited_at timestamptz,
    DROP CONSTRAINT leads_state_check,
    ADD CONSTRAINT leads_state_check CHECK (state IN ('open', 'closed', 'merged', 'erased'));
COMMENT ON COLUMN leads.invited_at IS 'When the newest submission that asks for an answer and carries consent was received: later than suppressed_at it lets a rep answer.';

ALTER TABLE submissions ADD COLUMN stripped_at timestamptz;
COMMENT ON COLUMN submissions.stripped_at IS 'When retention took what was typed out of event; consent and what became of it stay.';
CREATE INDEX submissions_of_nobody ON submissions USING gin (keys) WHERE person_id IS NULL;
CREATE INDEX submissions_whole ON submissions (received_at) WHERE stripped_at IS NULL AND state <> 'erased';

CREATE TABLE person_acts (
    id uuid PRIMARY KEY,
    kind text NOT NULL CHECK (kind IN ('exported', 'erased', 'suppressed', 'allowed', 'expired')),
    person_id uuid,
    at timestamptz NOT NULL,
    by text NOT NULL,
    reason text NOT NULL,
    counts jsonb NOT NULL
);
COMMENT ON TABLE person_acts IS 'Who exported, erased, suppressed or allowed whom and why, kept for good: ids and counts, nothing about the person.';
CREATE INDEX person_acts_of_person ON person_acts (person_id);

CREATE TABLE erased_keys (
    hash text PRIMARY KEY,
    act_id uuid NOT NULL,
    erased_at timestamptz NOT NULL
);
COMMENT ON TABLE erased_keys IS 'Tombstones: HMAC-SHA256 of identity keys under BATON_ERASURE_KEY. What was received before erased_at is dropped when it turns up.';

CREATE TABLE erasure_key_checks (
    key_check text PRIMARY KEY,
    first_at timestamptz NOT NULL
);
COMMENT ON TABLE erasure_key_checks IS 'By which a key is known again that tombstones were made with; without it they cannot be read.';

CREATE TABLE retention_nights (
    day date PRIMARY KEY,
    at timestamptz NOT NULL,
    counts jsonb NOT NULL
);
COMMENT ON TABLE retention_nights IS 'Each night''s retention in the company''s time zone, and what it took.';
