-- A lead whose person turned out to be another one ends merged: a state of its own.

-- depends: 0001.router.leads

ALTER TABLE leads
    DROP CONSTRAINT leads_state_check,
    ADD CONSTRAINT leads_state_check
        CHECK (state IN ('stub', 'nurturing', 'held', 'assigned', 'closed', 'merged')),
    DROP CONSTRAINT closed_leads_say_why,
    ADD CONSTRAINT closed_leads_say_why CHECK (state NOT IN ('closed', 'merged') OR close_reason IS NOT NULL);

CREATE TABLE merges (
    id uuid PRIMARY KEY,
    kind text NOT NULL CHECK (kind IN ('merged', 'undone')),
    person_id uuid NOT NULL,
    other_person_id uuid NOT NULL,
    leads_ended uuid[] NOT NULL,
    at timestamptz NOT NULL,
    seq bigint NOT NULL
);
COMMENT ON TABLE merges IS 'Persons found to be one, or not to be after all, as scoring told; id is the event.';
