-- What sales says of leads, and when it was first handed each: what a scorecard is learned from.

-- depends: 0009.scoring.merged-leads

CREATE TABLE feedback (
    id uuid PRIMARY KEY,
    lead_id uuid NOT NULL,
    kind text NOT NULL CHECK (kind IN ('rejected', 'recycled', 'rated', 'outcome')),
    at timestamptz NOT NULL,
    round integer NOT NULL,
    rep_id text,
    result text,
    reason text,
    rating smallint CHECK (rating BETWEEN 1 AND 5),
    value_minor bigint,
    currency text,
    wake_at timestamptz
);
COMMENT ON TABLE feedback IS 'Rejections, recyclings, ratings and outcomes as reps gave them; id is the event. reason: in their own words, so an erasure empties it. Of several ratings of a lead the last holds.';
CREATE INDEX feedback_of_lead ON feedback (lead_id, at);

CREATE TABLE first_handoffs (
    lead_id uuid PRIMARY KEY,
    at timestamptz NOT NULL
) WITH (fillfactor = 90);
COMMENT ON TABLE first_handoffs IS 'When a lead first got a rep: what became known after that was sales'' work, and no rule may be learned from it.';
