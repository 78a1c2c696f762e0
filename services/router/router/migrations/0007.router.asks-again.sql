-- Asks of buyers whose lead a rep has, each by itself.

-- depends: 0006.router.persons

CREATE TABLE asks_again (
    id uuid PRIMARY KEY,
    lead_id uuid NOT NULL REFERENCES leads,
    round integer NOT NULL,
    rep_id text NOT NULL,
    kind text NOT NULL,
    form_id text NOT NULL,
    source text NOT NULL,
    asked_at timestamptz NOT NULL,
    at timestamptz NOT NULL
);
COMMENT ON TABLE asks_again IS 'What a buyer asked while a rep had the lead: in which round, when they did it (asked_at) and since when the rep sees it (at). id is the event. Nothing about the person.';
CREATE INDEX asks_again_of_lead ON asks_again (lead_id, at);
