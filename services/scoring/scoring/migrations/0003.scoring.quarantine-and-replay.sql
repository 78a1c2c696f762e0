-- What a person decides on quarantine, submissions mapped again, imports, and room for the erased.

-- depends: 0002.scoring.leads-merged

ALTER TABLE submissions
    DROP CONSTRAINT submissions_state_check,
    ADD CONSTRAINT submissions_state_check
        CHECK (state IN ('opened', 'joined', 'duplicate', 'quarantined', 'refused', 'erased')),
    ADD COLUMN released_at timestamptz,
    ADD COLUMN superseded_by uuid,
    ADD COLUMN import_id uuid,
    ADD COLUMN import_row integer;
COMMENT ON COLUMN submissions.released_at IS 'When it was released from quarantine, or came in through the bulk lane: its timers start then.';
COMMENT ON COLUMN submissions.superseded_by IS 'The vendor''s correction of it: what this one said counts no more.';
COMMENT ON COLUMN submissions.import_id IS 'The import it is a row of; import_row counts from the first row after the header.';
CREATE INDEX submissions_import ON submissions (import_id, import_row) WHERE import_id IS NOT NULL;
CREATE INDEX submissions_form ON submissions (form_id, received_at, id);
CREATE INDEX submissions_key ON submissions (form_id, key) WHERE key IS NOT NULL;

ALTER TABLE leads ADD COLUMN handling jsonb;
COMMENT ON COLUMN leads.handling IS 'How the import that opened it wants it routed; null once the buyer asked.';

CREATE TABLE quarantine_actions (
    id uuid PRIMARY KEY,
    kind text NOT NULL CHECK (kind IN ('release', 'refuse')),
    filter jsonb NOT NULL,
    by text NOT NULL,
    why text NOT NULL,
    at timestamptz NOT NULL,
    matched integer NOT NULL,
    is_bulk boolean NOT NULL,
    done integer NOT NULL DEFAULT 0,
    finished_at timestamptz
) WITH (fillfactor = 80);
COMMENT ON TABLE quarantine_actions IS 'Who released or refused what in quarantine, and why. filter: names only, a text searched for is not kept. matched: what it took hold of; done: what has gone out or is refused.';
CREATE INDEX quarantine_actions_open ON quarantine_actions (at, id) WHERE finished_at IS NULL;

ALTER TABLE quarantine
    ADD COLUMN action_id uuid,
    ADD COLUMN sent_at timestamptz;
COMMENT ON COLUMN quarantine.action_id IS 'The action that took hold of it: no other one does. sent_at: when a released one was published; it stays here until it is taken again.';
CREATE INDEX quarantine_action ON quarantine (action_id, submission_id) WHERE action_id IS NOT NULL AND sent_at IS NULL;
CREATE INDEX quarantine_form ON quarantine (form_id, reason, received_at);

CREATE TABLE quarantine_decisions (
    submission_id uuid NOT NULL,
    action_id uuid NOT NULL,
    form_id text NOT NULL,
    reason text NOT NULL,
    detail text,
    received_at timestamptz NOT NULL,
    decided_at timestamptz NOT NULL,
    PRIMARY KEY (submission_id, action_id)
);
COMMENT ON TABLE quarantine_decisions IS 'What was released or refused, by which action, and why it had been in quarantine.';

CREATE TABLE replays (
    id uuid PRIMARY KEY,
    form_id text NOT NULL,
    since timestamptz NOT NULL,
    until timestamptz NOT NULL,
    by text NOT NULL,
    why text NOT NULL,
    at timestamptz NOT NULL,
    rulebook_version integer NOT NULL,
    starts_at timestamptz NOT NULL,
    reached_at timestamptz,
    reached_id uuid,
    seen integer NOT NULL DEFAULT 0,
    counts jsonb NOT NULL DEFAULT '{}',
    finished_at timestamptz
) WITH (fillfactor = 80);
COMMENT ON TABLE replays IS 'Stored submissions mapped again by a version of the rulebook. reached: the last one looked at, in order of received_at and id. counts: by what was found of each.';
CREATE INDEX replays_open ON replays (at, id) WHERE finished_at IS NULL;
