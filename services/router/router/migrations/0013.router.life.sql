-- The life of an assignment: locks, orders by hand, declines that wait for a team lead, what marketing is to repair.

-- depends: 0011.router.feeds

ALTER TABLE leads
    ADD COLUMN locked_by text,
    ADD COLUMN locked_at timestamptz,
    ADD COLUMN lock_reason text;
COMMENT ON COLUMN leads.locked_by IS 'Who locked the lead to the rep who has it: no rule, breach or absence moves it. Null: not locked.';

ALTER TABLE acts ADD COLUMN proof text NOT NULL DEFAULT 'stated' CHECK (proof IN ('proved', 'stated'));
COMMENT ON COLUMN acts.proof IS 'Whether another system saw it, by the id under evidence of its content, or a person says so.';
ALTER TABLE acts ADD COLUMN contact text CHECK (contact IN ('conversation', 'attempt'));
COMMENT ON COLUMN acts.contact IS 'Of contacted. Null: done before tries were told apart.';
CREATE INDEX acts_declined ON acts (rep_id, at) WHERE kind = 'declined';

CREATE TABLE orders (
    id uuid PRIMARY KEY,
    lead_id uuid NOT NULL REFERENCES leads,
    kind text NOT NULL CHECK (kind IN ('assign', 'to_pool', 'lock', 'unlock')),
    ordered_by text NOT NULL,
    at timestamptz NOT NULL,
    reason text,
    key text,
    content jsonb NOT NULL,
    from_rep text,
    to_rep text,
    answer jsonb NOT NULL
);
COMMENT ON TABLE orders IS 'What was ordered by hand about leads, by whom and why, and the answer it got: a repeat gets the same one.';
CREATE INDEX orders_of_lead ON orders (lead_id, at);
CREATE UNIQUE INDEX one_order_a_key ON orders (ordered_by, key, lead_id) WHERE key IS NOT NULL;

CREATE TABLE asked_declines (
    id uuid PRIMARY KEY,
    lead_id uuid NOT NULL REFERENCES leads,
    rep_id text NOT NULL REFERENCES reps,
    round integer NOT NULL,
    at timestamptz NOT NULL,
    content jsonb NOT NULL,
    state text NOT NULL DEFAULT 'asked' CHECK (state IN ('asked', 'confirmed', 'refused')),
    decided_at timestamptz,
    decided_by text,
    CONSTRAINT one_asked_decline_a_round UNIQUE (lead_id, round)
);
COMMENT ON TABLE asked_declines IS 'Declines above the number a week: the lead stays until a team lead confirms or refuses.';
CREATE INDEX asked_declines_open ON asked_declines (at) WHERE state = 'asked';

CREATE TABLE repairs (
    id uuid PRIMARY KEY,
    lead_id uuid NOT NULL REFERENCES leads,
    rep_id text NOT NULL,
    kind text NOT NULL CHECK (kind IN ('wrong_data', 'duplicate')),
    at timestamptz NOT NULL,
    note text,
    duplicate_of text,
    profile_digest text NOT NULL,
    resolved_at timestamptz,
    resolved_by text
);
COMMENT ON TABLE repairs IS 'What reps gave back for marketing to put right: wrong data, and leads that are another one. The id is the act''s.';
COMMENT ON COLUMN repairs.profile_digest IS 'Of the profile as it was: once it is another one, the data has been corrected.';
CREATE INDEX repairs_open ON repairs (at) WHERE resolved_at IS NULL;
