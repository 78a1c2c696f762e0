-- Promises of any agreement, five kinds of them, that may stand still, break again and be reminded of.

-- depends: 0004.sla-monitor.acts

ALTER TABLE timers
    ADD COLUMN agreement text NOT NULL DEFAULT 'agreement',
    ADD COLUMN is_trial boolean NOT NULL DEFAULT false,
    ADD COLUMN pauses_from timestamptz[] NOT NULL DEFAULT '{}',
    ADD COLUMN pauses_until timestamptz[] NOT NULL DEFAULT '{}',
    ADD COLUMN revision integer,
    ADD COLUMN breaches smallint NOT NULL DEFAULT 0,
    ADD COLUMN withdrawals smallint NOT NULL DEFAULT 0,
    ADD COLUMN said_due_at timestamptz,
    ADD COLUMN reminds_at timestamptz[] NOT NULL DEFAULT '{}';
UPDATE timers
SET breaches = 1, withdrawals = (state = 'withdrawn')::int, said_due_at = due_at,
    next_level = CASE WHEN state = 'breached' THEN cardinality(shares) + 1 ELSE next_level END
WHERE fired;
ALTER TABLE timers DROP COLUMN fired;
COMMENT ON COLUMN timers.agreement IS 'Its id in the rulebook version.';
COMMENT ON COLUMN timers.pauses_from IS 'When each pause that stops it began, and in pauses_until ends; null there: not yet.';
COMMENT ON COLUMN timers.revision IS 'Of the rep''s hours that its moments are from; null: that of the handoff.';
COMMENT ON COLUMN timers.breaches IS 'How often a breach was said; one more than withdrawals while it holds, which was said of said_due_at.';
COMMENT ON COLUMN timers.reminds_at IS 'Of a breach that holds: when it is reminded of. next_level counts on: warnings, breach, reminders.';

ALTER TABLE timers DROP CONSTRAINT one_timer_an_opening;
ALTER TABLE timers ADD CONSTRAINT one_timer_an_opening UNIQUE (lead_id, kind, opened_by, agreement);

DROP INDEX timers_to_come;
CREATE INDEX timers_to_come ON timers (next_at) WHERE next_at IS NOT NULL;
DROP INDEX timers_of_rep;
CREATE INDEX timers_of_rep ON timers (rep_id, (coalesce(due_at, 'infinity'::timestamptz)), id);
CREATE INDEX timers_of_team ON timers (team, (coalesce(due_at, 'infinity'::timestamptz)), id) WHERE state = 'pending';

ALTER TABLE timer_moves ADD COLUMN why text NOT NULL DEFAULT 'hours' CHECK (why IN ('hours', 'paused', 'resumed'));
COMMENT ON COLUMN timer_moves.revision IS 'Of the rep''s hours after the move.';
COMMENT ON TABLE timer_moves IS 'Due times that moved, and why: the rep''s hours changed, or the lead was paused or resumed.';
COMMENT ON TABLE firings IS 'What was said about a timer, once a level: warning:SHARE, breach, reminder:NUMBER, withdrawal; from the second breach on its number stands behind. What was not said is here too, with the reason.';
COMMENT ON TABLE timers IS 'One running or ended promise on one lead. ended_* name the first fact that ends it, in time or not; superseded: facts that arrived later do not open it.';

CREATE INDEX leads_delivered ON leads (
    (greatest(coalesce(occurred_at, received_at), sql_at, released_at)), id
) WHERE origin_is_sql AND NOT is_test AND NOT is_own;
