-- Roster, pools, leads, rounds, acts and decisions. Locks are taken on leads, then pools, then reps, each by id.

CREATE TABLE reps (
    id text PRIMARY KEY,
    name text NOT NULL,
    email text NOT NULL,
    team text NOT NULL,
    lines text[] NOT NULL,
    languages text[] NOT NULL,
    weight integer NOT NULL CHECK (weight BETWEEN 0 AND 1000),
    capacity integer NOT NULL CHECK (capacity BETWEEN 0 AND 10000),
    open integer NOT NULL DEFAULT 0 CONSTRAINT rep_load_is_not_negative CHECK (open >= 0),
    is_active boolean NOT NULL DEFAULT true,
    calendar text NOT NULL,
    hours jsonb NOT NULL,
    absences jsonb NOT NULL,
    document jsonb NOT NULL,
    revision integer NOT NULL DEFAULT 1
) WITH (fillfactor = 50);
COMMENT ON TABLE reps IS 'The roster: seeded by the rulebook, then data. open counts the open assignments a rep holds.';
COMMENT ON COLUMN reps.hours IS 'The calendar as worktime reads it, public holidays as dates; document is hours less the absences.';
COMMENT ON COLUMN reps.revision IS 'Raised by every change that is published as rep-availability-changed.';

CREATE TABLE rep_tokens (
    token_hash bytea PRIMARY KEY,
    rep_id text NOT NULL REFERENCES reps,
    created_at timestamptz NOT NULL
);
COMMENT ON TABLE rep_tokens IS 'SHA-256 of the bearer tokens of reps; the tokens themselves are shown once and kept nowhere.';

CREATE TABLE rep_changes (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    rep_id text NOT NULL REFERENCES reps,
    changed_at timestamptz NOT NULL,
    changed_by text NOT NULL,
    before jsonb NOT NULL,
    after jsonb NOT NULL
);
COMMENT ON TABLE rep_changes IS 'Who changed what about a rep: audit, kept for good.';

CREATE TABLE pools (
    id text PRIMARY KEY,
    drain_due boolean NOT NULL DEFAULT false,
    next_opening timestamptz,
    turn_weights jsonb NOT NULL DEFAULT '{}'
) WITH (fillfactor = 50);
COMMENT ON TABLE pools IS 'One row a pool: its lock, and whether held leads may find a rep. turn_weights: the set that last took turns.';
COMMENT ON COLUMN pools.next_opening IS 'When the next rep comes to work while leads are held; then a drain is due.';

CREATE TABLE turns (
    pool_id text NOT NULL REFERENCES pools,
    rep_id text NOT NULL,
    carried double precision NOT NULL,
    lag bigint NOT NULL,
    PRIMARY KEY (pool_id, rep_id)
) WITH (fillfactor = 50);
COMMENT ON TABLE turns IS 'What each pool owes each rep: leads carried from earlier sets, and the lag of the present one.';

CREATE TABLE leads (
    id uuid PRIMARY KEY,
    state text NOT NULL DEFAULT 'stub' CHECK (state IN ('stub', 'nurturing', 'held', 'assigned', 'closed')),
    person_id uuid,
    line text NOT NULL DEFAULT '',
    scored_seq bigint NOT NULL DEFAULT 0,
    routed_seq bigint NOT NULL DEFAULT 0,
    progressed_seq bigint NOT NULL DEFAULT 0,
    quadrant text NOT NULL DEFAULT 'cold',
    stage text NOT NULL DEFAULT 'lead',
    profile jsonb NOT NULL DEFAULT '{}',
    score jsonb NOT NULL DEFAULT '{}',
    form_id text NOT NULL DEFAULT '',
    source text NOT NULL DEFAULT '',
    campaign text,
    submissions integer NOT NULL DEFAULT 1,
    asks boolean NOT NULL DEFAULT false,
    is_test boolean NOT NULL DEFAULT false,
    received_at timestamptz,
    sql_at timestamptz,
    rulebook_version integer NOT NULL DEFAULT 1,
    round integer NOT NULL DEFAULT 0,
    pool_id text,
    rank smallint NOT NULL DEFAULT 3,
    hold_reason text,
    held_since timestamptz,
    next_try_at timestamptz,
    excluded jsonb NOT NULL DEFAULT '{}',
    last_routed uuid,
    closed_at timestamptz,
    close_reason text,
    closing_seq bigint,
    CONSTRAINT held_leads_say_why CHECK (state <> 'held' OR hold_reason IS NOT NULL),
    CONSTRAINT closed_leads_say_why CHECK (state <> 'closed' OR close_reason IS NOT NULL)
) WITH (fillfactor = 70);
COMMENT ON TABLE leads IS 'Every lead the router has heard of, in exactly one state. A stub is one whose own state has not come yet.';
COMMENT ON COLUMN leads.routed_seq IS 'seq of the last lead-routed of this lead; progressed_seq that of lead-progressed. Each counts without gaps.';
COMMENT ON COLUMN leads.excluded IS 'Reps who had the lead and lost it, and how; they are not offered it again.';
CREATE INDEX leads_waiting ON leads (pool_id, line, rank, received_at, id) WHERE state = 'held';
CREATE INDEX leads_of_person ON leads (person_id) WHERE state IN ('held', 'assigned');
CREATE INDEX leads_by_state ON leads (state);

CREATE TABLE assignments (
    id uuid PRIMARY KEY,
    lead_id uuid NOT NULL REFERENCES leads,
    rep_id text NOT NULL REFERENCES reps,
    pool_id text,
    round integer NOT NULL,
    assigned_at timestamptz NOT NULL,
    rulebook_version integer NOT NULL,
    accept_within interval,
    respond_within interval,
    why text NOT NULL,
    accepted_at timestamptz,
    contacted_at timestamptz,
    asked_again integer NOT NULL DEFAULT 0,
    asked_again_at timestamptz,
    warned_at timestamptz,
    breached_at timestamptz,
    ended_at timestamptz,
    ended_by text CHECK (ended_by IN ('declined', 'timed_out', 'closed')),
    CONSTRAINT one_assignment_a_round UNIQUE (lead_id, round)
) WITH (fillfactor = 70);
COMMENT ON TABLE assignments IS 'The rounds of a lead: who had it from when to when, and how that ended.';
COMMENT ON COLUMN assignments.accept_within IS 'Promised working time at the handoff; moments follow from the rep''s hours as they now stand.';
CREATE UNIQUE INDEX one_open_assignment_a_lead ON assignments (lead_id) WHERE ended_at IS NULL;
CREATE INDEX assignments_open_of_rep ON assignments (rep_id) WHERE ended_at IS NULL;

CREATE TABLE acts (
    id uuid PRIMARY KEY,
    lead_id uuid NOT NULL REFERENCES leads,
    rep_id text NOT NULL REFERENCES reps,
    round integer NOT NULL,
    kind text NOT NULL,
    at timestamptz NOT NULL,
    key text,
    content jsonb NOT NULL,
    answer jsonb NOT NULL
);
COMMENT ON TABLE acts IS 'What reps did, and the answer they got: a repeat gets the same one.';
CREATE UNIQUE INDEX one_act_a_key ON acts (lead_id, rep_id, key) WHERE key IS NOT NULL;
CREATE UNIQUE INDEX one_answer_a_round ON acts (lead_id, round, kind)
    WHERE kind IN ('accepted', 'declined', 'rejected', 'recycled');
CREATE INDEX acts_of_rep_on_lead ON acts (lead_id, rep_id, at);

CREATE TABLE decisions (
    id uuid PRIMARY KEY,
    lead_id uuid NOT NULL,
    at timestamptz NOT NULL,
    cause_id uuid NOT NULL,
    kind text NOT NULL,
    round integer NOT NULL,
    pool_id text,
    rep_id text,
    hold_reason text,
    next_try_at timestamptz,
    rule text,
    rule_errors jsonb NOT NULL,
    rulebook_version integer NOT NULL,
    candidates jsonb NOT NULL,
    pool_state jsonb NOT NULL,
    why text NOT NULL
);
COMMENT ON TABLE decisions IS 'Why each lead went where it went: kept for good, without personal data of the buyer.';
CREATE INDEX decisions_of_lead ON decisions (lead_id, at);

CREATE TABLE late_arrivals (
    lead_id uuid NOT NULL REFERENCES leads,
    cause_id uuid NOT NULL,
    at timestamptz NOT NULL,
    PRIMARY KEY (lead_id, cause_id)
);
COMMENT ON TABLE late_arrivals IS 'Asks that came for a closed lead, each answered once.';

CREATE TABLE timer_news (
    id uuid PRIMARY KEY,
    lead_id uuid NOT NULL REFERENCES leads,
    kind text NOT NULL,
    level text NOT NULL,
    round integer NOT NULL,
    rep_id text NOT NULL,
    due_at timestamptz NOT NULL,
    fired_at timestamptz NOT NULL,
    effect text NOT NULL
);
COMMENT ON TABLE timer_news IS 'Warnings and breaches as they came, and what followed from each; id is the event.';
CREATE INDEX timer_news_of_lead ON timer_news (lead_id);
