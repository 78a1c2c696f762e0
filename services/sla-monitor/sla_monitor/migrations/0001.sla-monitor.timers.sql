-- What sla-monitor knows: facts about leads, the promises that follow from them, and what was said about those.
-- Nothing here is about a buyer; reps stand with their ids only.

CREATE TABLE leads (
    id uuid PRIMARY KEY,
    line text,
    source text,
    quadrant text,
    is_test boolean NOT NULL DEFAULT false,
    state text NOT NULL DEFAULT 'nurturing',
    hold_reason text,
    partition integer,
    scored_seq integer NOT NULL DEFAULT 0,
    origin_seq integer,
    origin_is_sql boolean NOT NULL DEFAULT false,
    received_at timestamptz,
    durable_at timestamptz,
    scored_at timestamptz,
    occurred_at timestamptz,
    spooled_at timestamptz,
    released_at timestamptz,
    sql_at timestamptz,
    router_facts integer NOT NULL DEFAULT 0,
    router_seq integer NOT NULL DEFAULT 0,
    next_seq integer NOT NULL DEFAULT 1,
    awaits_version integer,
    contacted_at timestamptz,
    speed_counted boolean NOT NULL DEFAULT false
) WITH (fillfactor = 70);
COMMENT ON TABLE leads IS 'One row a lead, inserted by its first event whatever the topic; whoever changes anything about the lead locks it.';
COMMENT ON COLUMN leads.partition IS 'Of the last lead-routed or lead-progressed read; both topics have one key and one number of partitions.';
COMMENT ON COLUMN leads.origin_seq IS 'seq of the lead-scored whose journey is kept: the first that made the lead a SQL, else the first.';
COMMENT ON COLUMN leads.router_seq IS 'Highest seq of the router seen; less router_facts it is how many facts are missing.';
COMMENT ON COLUMN leads.next_seq IS 'seq of the next sla event of this lead.';
COMMENT ON COLUMN leads.awaits_version IS 'A handoff names this rulebook version and it is not here yet: its promises follow.';
CREATE INDEX leads_awaiting ON leads (awaits_version) WHERE awaits_version IS NOT NULL;

CREATE TABLE calendars (
    id uuid PRIMARY KEY,
    document jsonb NOT NULL
);
COMMENT ON TABLE calendars IS 'Working hours by content, each stored once.';

CREATE TABLE rep_hours (
    rep_id text NOT NULL,
    revision integer NOT NULL,
    at timestamptz NOT NULL,
    calendar_id uuid NOT NULL,
    is_active boolean NOT NULL,
    PRIMARY KEY (rep_id, revision)
);
COMMENT ON TABLE rep_hours IS 'Each change of a rep''s working time, which holds from at on.';

CREATE TABLE facts (
    id uuid PRIMARY KEY,
    lead_id uuid NOT NULL,
    producer text NOT NULL,
    seq integer NOT NULL,
    kind text NOT NULL,
    at timestamptz NOT NULL,
    round integer NOT NULL,
    rep_id text,
    reason text,
    line text,
    team text,
    quadrant text,
    rulebook_version integer,
    calendar_id uuid,
    availability_revision integer,
    is_test boolean NOT NULL
);
COMMENT ON TABLE facts IS 'Every decision of the router and every act of a rep, once by id; a lead''s state follows from these in order of (at, producer, seq).';
CREATE INDEX facts_of_lead ON facts (lead_id);

CREATE TABLE timers (
    id uuid PRIMARY KEY,
    lead_id uuid NOT NULL,
    kind text NOT NULL,
    round integer NOT NULL,
    rep_id text NOT NULL,
    team text NOT NULL,
    line text NOT NULL,
    quadrant text NOT NULL,
    rulebook_version integer NOT NULL,
    calendar_id uuid NOT NULL,
    availability_revision integer NOT NULL,
    is_test boolean NOT NULL,
    opened_by uuid NOT NULL,
    opened_at timestamptz NOT NULL,
    target_us bigint NOT NULL CHECK (target_us > 0),
    shares double precision[] NOT NULL,
    due_at timestamptz,
    warns_at timestamptz[] NOT NULL,
    next_level smallint NOT NULL,
    next_at timestamptz,
    state text NOT NULL,
    ended_by uuid,
    ended_as text,
    ended_kind text,
    ended_at timestamptz,
    fired boolean NOT NULL,
    CONSTRAINT one_timer_an_opening UNIQUE (lead_id, kind, opened_by)
) WITH (fillfactor = 70);
COMMENT ON TABLE timers IS 'One running or ended promise on one lead. ended_* name the first fact that ends it, in time or not.';
CREATE INDEX timers_to_come ON timers (next_at) WHERE state = 'pending';
CREATE INDEX timers_due ON timers (state, (coalesce(due_at, 'infinity'::timestamptz)), id);
CREATE INDEX timers_of_rep ON timers (rep_id) WHERE state = 'pending';

CREATE TABLE timer_moves (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    timer_id uuid NOT NULL,
    lead_id uuid NOT NULL,
    moved_at timestamptz NOT NULL,
    revision integer NOT NULL,
    due_before timestamptz,
    due_after timestamptz
);
COMMENT ON TABLE timer_moves IS 'Due times that moved because a rep''s hours changed, and by which revision of them.';
CREATE INDEX timer_moves_of_lead ON timer_moves (lead_id);

CREATE TABLE firings (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    timer_id uuid NOT NULL,
    level text NOT NULL,
    lead_id uuid NOT NULL,
    outcome text NOT NULL,
    at timestamptz NOT NULL,
    fired_at timestamptz NOT NULL,
    unread boolean NOT NULL,
    late boolean NOT NULL,
    event_id uuid,
    event jsonb,
    CONSTRAINT one_firing_a_level UNIQUE (timer_id, level)
);
COMMENT ON TABLE firings IS 'What was said about a timer, once a level: warning:SHARE, breach, withdrawal; a warning not said is here too, with the reason.';
COMMENT ON COLUMN firings.id IS 'Given under a lock held until the commit, so nothing ever appears behind an id already read.';
CREATE INDEX firings_of_lead ON firings (lead_id);

CREATE TABLE read_progress (
    topic text NOT NULL,
    partition integer NOT NULL,
    read_up_to timestamptz NOT NULL,
    moved_at timestamptz NOT NULL,
    PRIMARY KEY (topic, partition)
) WITH (fillfactor = 50);
COMMENT ON TABLE read_progress IS 'How far each partition that can carry an act has been read, and when that last moved.';
