-- Open leads scored again under another scorecard; scorecards tried in the shadow, and what came of that.

-- depends: 0009.scoring.merged-leads

CREATE TABLE rescorings (
    id uuid PRIMARY KEY,
    number bigint GENERATED ALWAYS AS IDENTITY,
    line text NOT NULL,
    kind text NOT NULL CHECK (kind IN ('version', 'by_hand')),
    is_told boolean NOT NULL,
    rulebook_version integer NOT NULL,
    at timestamptz NOT NULL,
    by text NOT NULL,
    why text NOT NULL,
    leads integer NOT NULL,
    began_at timestamptz,
    reached uuid,
    reached_at timestamptz,
    seen integer NOT NULL DEFAULT 0,
    late integer NOT NULL DEFAULT 0,
    changed integer NOT NULL DEFAULT 0,
    published integer NOT NULL DEFAULT 0,
    moved jsonb NOT NULL DEFAULT '{}',
    set_aside jsonb NOT NULL DEFAULT '[]',
    finished_at timestamptz,
    superseded_by uuid,
    CHECK (superseded_by IS NULL OR finished_at IS NOT NULL)
) WITH (fillfactor = 70);
COMMENT ON TABLE rescorings IS 'Orders to score the open leads of a line again. is_told: each lead is published, as what it is worth changed too; otherwise those whose score, quadrant or stage did. leads: open ones when it was ordered. reached: the lead looked at last. late: scored under an older scorecard meanwhile, and looked at after the end.';
CREATE UNIQUE INDEX rescorings_one_of_a_line ON rescorings (line) WHERE finished_at IS NULL;
CREATE INDEX rescorings_newest ON rescorings (number DESC);

CREATE TABLE scorecards_noted (
    single boolean PRIMARY KEY DEFAULT true CHECK (single),
    rulebook_version integer NOT NULL,
    at timestamptz NOT NULL
);
COMMENT ON TABLE scorecards_noted IS 'The version of the rulebook in force up to which rescorings have been ordered.';
INSERT INTO scorecards_noted (rulebook_version, at)
SELECT version, now() FROM rulebook_versions WHERE effective_from <= now()
ORDER BY effective_from DESC, version DESC LIMIT 1;

CREATE INDEX leads_open_of_line ON leads (line, id) WHERE state = 'open';
CREATE INDEX leads_open_by_version ON leads (line, rulebook_version) WHERE state = 'open';

CREATE TABLE shadow_scores (
    lead_id uuid PRIMARY KEY,
    line text NOT NULL,
    card text NOT NULL,
    since timestamptz NOT NULL,
    at timestamptz NOT NULL,
    fit smallint NOT NULL CHECK (fit BETWEEN 0 AND 100),
    interest smallint NOT NULL CHECK (interest BETWEEN 0 AND 100),
    quadrant text NOT NULL,
    stage text NOT NULL,
    rulebook_version integer NOT NULL,
    contributions jsonb NOT NULL
) WITH (fillfactor = 80);
COMMENT ON TABLE shadow_scores IS 'The last score of each lead under the scorecard tried in the shadow of its line''s. card: SHA-256 of that scorecard; since: first scored by it. Nothing of it is published.';
CREATE INDEX shadow_scores_card ON shadow_scores (line, card);

CREATE TABLE promotions (
    rulebook_version integer PRIMARY KEY,
    line text NOT NULL,
    based_on integer NOT NULL,
    card text NOT NULL,
    at timestamptz NOT NULL,
    effective_from timestamptz NOT NULL,
    by text NOT NULL,
    why text NOT NULL,
    leads integer NOT NULL,
    differed integer NOT NULL
);
COMMENT ON TABLE promotions IS 'Scorecards that left the shadow: by which version, whose decision, and how many of the leads scored by both stood elsewhere then. Audit, kept for good.';
