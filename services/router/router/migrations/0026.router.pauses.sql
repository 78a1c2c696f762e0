-- Pauses of rounds; timers' results as every kind of promise, reminders and trials need them; asks told once.

-- depends: 0025.router.nobodys

CREATE TABLE pauses (
    id uuid PRIMARY KEY,
    lead_id uuid NOT NULL REFERENCES leads,
    round integer NOT NULL,
    code text NOT NULL,
    kinds text[] NOT NULL,
    at timestamptz NOT NULL,
    until timestamptz,
    resumed_at timestamptz
);
COMMENT ON TABLE pauses IS 'What reps paused: for a reason of the agreement (code), and which promises it lets stand still (kinds). until: it goes on by itself; resumed_at: the rep resumed. id is the act, where their own words are. Nothing about the person.';
CREATE INDEX pauses_of_round ON pauses (lead_id, round);

ALTER TABLE timer_news
    ADD COLUMN timer_id uuid,
    ADD COLUMN opened_at timestamptz,
    ADD COLUMN agreement text,
    ADD COLUMN rulebook_version integer,
    ADD COLUMN is_trial boolean NOT NULL DEFAULT false,
    ADD COLUMN number integer,
    ADD COLUMN at_most integer;
COMMENT ON TABLE timer_news IS 'Warnings, breaches and reminders as they came, and what followed from each; id is the event. opened_at: since when the promise ran; number of at_most: which reminder it is; is_trial: the agreement binds nobody.';

ALTER TABLE asks_again ADD COLUMN cause_id uuid;
COMMENT ON COLUMN asks_again.cause_id IS 'The submission or ask. Null: it came before this was kept.';
CREATE UNIQUE INDEX asks_again_once ON asks_again (lead_id, cause_id) WHERE cause_id IS NOT NULL;
