-- A lead whose person was erased keeps what reports need and nothing about the person: a state of its own.

-- depends: 0005.router.imports

ALTER TABLE leads
    DROP CONSTRAINT leads_state_check,
    ADD CONSTRAINT leads_state_check
        CHECK (state IN ('stub', 'nurturing', 'held', 'assigned', 'closed', 'merged', 'erased')),
    DROP CONSTRAINT closed_leads_say_why,
    ADD CONSTRAINT closed_leads_say_why CHECK (state NOT IN ('closed', 'merged', 'erased') OR close_reason IS NOT NULL);
CREATE INDEX assignments_ended_of_rep ON assignments (rep_id, ended_at) WHERE ended_by = 'closed';
