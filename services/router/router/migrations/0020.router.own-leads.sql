-- Leads that reps found themselves.

-- depends: 0019.router.told

CREATE TABLE own_leads (
    id uuid PRIMARY KEY,
    rep_id text NOT NULL REFERENCES reps (id),
    at timestamptz NOT NULL,
    line text NOT NULL,
    key text,
    fingerprint text,
    lead_id uuid,
    became text NOT NULL DEFAULT 'entered' CHECK (became IN ('entered', 'yours', 'joined', 'left_alone', 'over')),
    settled_at timestamptz
);
COMMENT ON TABLE own_leads IS 'What reps entered: the submission it went to scoring as, and what became of it. The person is with scoring.';
COMMENT ON COLUMN own_leads.fingerprint IS 'Tells another entry under the same key. Null: its person was erased.';
CREATE UNIQUE INDEX own_leads_by_key ON own_leads (rep_id, key) WHERE key IS NOT NULL;
CREATE INDEX own_leads_of_rep ON own_leads (rep_id, at DESC);
CREATE INDEX own_leads_of_lead ON own_leads (lead_id) WHERE lead_id IS NOT NULL;

CREATE TABLE own_lead_numbers (
    one boolean PRIMARY KEY DEFAULT true CHECK (one),
    last bigint NOT NULL
);
COMMENT ON TABLE own_lead_numbers IS 'The last number given, without gaps: scoring counts that each arrives.';
