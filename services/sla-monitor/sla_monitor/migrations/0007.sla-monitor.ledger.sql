-- What months are counted from, a lead: when it was delivered and as what, and what sales did with it.

-- depends: 0004.sla-monitor.acts

CREATE TABLE ledger (
    lead_id uuid PRIMARY KEY,
    is_test boolean NOT NULL DEFAULT false,
    is_own boolean NOT NULL DEFAULT false,
    is_merged boolean NOT NULL DEFAULT false,
    first_seq integer,
    received_at timestamptz,
    scored_at timestamptz,
    delivery_seq integer,
    delivered_at timestamptz,
    delivered_quadrant text,
    segments text[] NOT NULL DEFAULT '{}',
    is_known boolean NOT NULL DEFAULT false,
    unhanded_due_at timestamptz,
    handed_at timestamptz,
    accepted_at timestamptz,
    contacted_at timestamptz,
    talked_at timestamptz,
    tries integer NOT NULL DEFAULT 0,
    opportunity_at timestamptz,
    won_at timestamptz,
    won_minor bigint,
    won_currency text,
    lost_at timestamptz,
    lost_code text,
    given_fact uuid,
    given_kind text,
    given_at timestamptz,
    given_code text,
    given_rep_id text,
    duplicate_of uuid,
    given_proof text,
    given_evidence text,
    rep_id text,
    team text,
    worked_at timestamptz,
    work_due_at timestamptz,
    is_stale boolean NOT NULL DEFAULT false
) WITH (fillfactor = 80);
COMMENT ON TABLE ledger IS 'One row a lead, written under the lock of its row in leads. The columns up to unhanded_due_at follow from lead-scored, the others from its facts.';
COMMENT ON COLUMN ledger.first_seq IS 'seq of the lead-scored that received_at and scored_at are from: the first.';
COMMENT ON COLUMN ledger.delivery_seq IS 'seq of the lead-scored that made it a SQL, the first one: quadrant, segments and is_known are of that moment.';
COMMENT ON COLUMN ledger.is_known IS 'Whether it was a request of an account that sales knows: no delivery.';
COMMENT ON COLUMN ledger.unhanded_due_at IS 'When its time to be worked ends as long as nobody has had it.';
COMMENT ON COLUMN ledger.work_due_at IS 'When its time to be worked ends, by the hours of the rep who had it last.';
COMMENT ON COLUMN ledger.given_fact IS 'The rejection or recycling that ended it; null once it was handed over again.';
COMMENT ON COLUMN ledger.is_stale IS 'Whether the columns that follow from facts are still to be filled, as of leads from before this table.';
CREATE INDEX ledger_received ON ledger (received_at);
CREATE INDEX ledger_delivered ON ledger (delivered_at, lead_id) WHERE NOT (is_test OR is_own OR is_known OR is_merged);
CREATE INDEX ledger_handed ON ledger (handed_at);
CREATE INDEX ledger_won ON ledger (won_at) WHERE won_at IS NOT NULL;
CREATE INDEX ledger_given ON ledger (given_at) WHERE given_at IS NOT NULL;
CREATE INDEX ledger_work_due ON ledger (work_due_at) WHERE work_due_at IS NOT NULL;
CREATE INDEX ledger_unhanded ON ledger (unhanded_due_at) WHERE handed_at IS NULL;
CREATE INDEX ledger_of_rep ON ledger (rep_id, work_due_at) WHERE rep_id IS NOT NULL;
CREATE INDEX ledger_stale ON ledger (lead_id) WHERE is_stale;

CREATE TABLE touches (
    lead_id uuid NOT NULL,
    cause_id uuid NOT NULL,
    seq integer NOT NULL,
    source text NOT NULL,
    campaign text,
    at timestamptz NOT NULL,
    opened boolean NOT NULL,
    PRIMARY KEY (lead_id, cause_id)
);
COMMENT ON TABLE touches IS 'One row a submission of a lead, once whatever is published of it again. opened: it opened the lead.';
CREATE INDEX touches_at ON touches (at);

CREATE TABLE promise_times (
    timer_id uuid PRIMARY KEY,
    worked_us bigint NOT NULL
);
COMMENT ON TABLE promise_times IS 'Of a promise that ended: the rep''s working time from its opening to its end.';

-- Leads from before: the origin is that of the event that made them SQLs, else of the first. Their segments and
-- whether sales knew the account were not kept; the quadrant is that of the first handoff, else the newest.
INSERT INTO ledger (
    lead_id, is_test, is_own, is_merged, first_seq, received_at, scored_at, delivery_seq, delivered_at,
    delivered_quadrant, is_stale
)
SELECT
    leads.id, leads.is_test, leads.is_own, leads.state = 'merged', leads.origin_seq, leads.received_at,
    leads.scored_at,
    CASE WHEN leads.origin_is_sql THEN leads.origin_seq END,
    CASE WHEN leads.origin_is_sql
        THEN greatest(coalesce(leads.sql_at, leads.occurred_at, leads.received_at), leads.released_at) END,
    CASE WHEN leads.origin_is_sql THEN coalesce(handed.quadrant, leads.quadrant) END,
    true
FROM leads
LEFT JOIN (
    SELECT DISTINCT ON (lead_id) lead_id, quadrant FROM facts WHERE kind = 'assigned' ORDER BY lead_id, at, seq
) AS handed ON handed.lead_id = leads.id;

-- One submission of each is known: that which opened it, by the source that leads have kept.
INSERT INTO touches (lead_id, cause_id, seq, source, at, opened)
SELECT id, id, 1, source, coalesce(occurred_at, received_at), true
FROM leads WHERE source IS NOT NULL AND received_at IS NOT NULL;

CREATE INDEX facts_handed ON facts (at) WHERE kind = 'assigned';
CREATE INDEX timers_ended ON timers (ended_at) WHERE ended_at IS NOT NULL;
