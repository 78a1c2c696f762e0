-- The rows of a month (gathering.py).

-- name: leads_of_month
-- Leads with anything in a month, each once. No tests, and none that ended in another lead. OFFSET 0: each is looked up, for a scan of all leads there are takes longer than a month's.
WITH wanted AS (
    SELECT lead_id FROM ledger WHERE received_at >= $1 AND received_at < $2
    UNION SELECT lead_id FROM ledger
        WHERE delivered_at >= $1 AND delivered_at < $2 AND NOT (is_test OR is_own OR is_known OR is_merged)
    UNION SELECT lead_id FROM ledger WHERE handed_at >= $1 AND handed_at < $2
    UNION SELECT lead_id FROM ledger WHERE given_at >= $1 AND given_at < $2
    UNION SELECT lead_id FROM ledger WHERE won_at >= $1 AND won_at < $2
    UNION SELECT lead_id FROM ledger WHERE work_due_at >= $1 AND work_due_at < $2
    UNION SELECT lead_id FROM ledger
        WHERE unhanded_due_at >= $1 AND unhanded_due_at < $2 AND handed_at IS NULL
    UNION SELECT lead_id FROM timers
        WHERE state = ANY($3::text[]) AND coalesce(due_at, 'infinity'::timestamptz) >= $1
            AND coalesce(due_at, 'infinity'::timestamptz) < $2
    UNION SELECT lead_id FROM touches WHERE at >= $1 AND at < $2
    UNION SELECT lead_id FROM ledger
        WHERE scored_at >= $1 AND scored_at < $2 OR accepted_at >= $1 AND accepted_at < $2
            OR contacted_at >= $1 AND contacted_at < $2
            OR opportunity_at >= $1 AND opportunity_at < $2 OR lost_at >= $1 AND lost_at < $2
)
SELECT
    wanted.lead_id, coalesce(leads.line, ''), coalesce(delivered_quadrant, leads.quadrant), segments,
    coalesce(leads.source, ''), NOT (ledger.is_own OR is_known), ledger.is_own, ledger.received_at,
    ledger.scored_at, delivered_at, handed_at, accepted_at, ledger.contacted_at, tries, opportunity_at,
    won_at, won_minor, won_currency, lost_at, lost_code, given_fact, given_at, given_kind, given_code,
    given_rep_id, duplicate_of, given_proof, given_evidence, rep_id, team, worked_at,
    CASE WHEN handed_at IS NULL THEN unhanded_due_at ELSE work_due_at END
FROM wanted
CROSS JOIN LATERAL (SELECT * FROM ledger AS rows WHERE rows.lead_id = wanted.lead_id OFFSET 0) AS ledger
CROSS JOIN LATERAL (SELECT * FROM leads AS rows WHERE rows.id = wanted.lead_id OFFSET 0) AS leads
WHERE NOT (ledger.is_test OR is_merged) AND coalesce(delivered_quadrant, leads.quadrant) IS NOT NULL

-- name: some_leads
-- As leads_of_month, of these leads: those with a part in the figures of a month, or with one of its promises.
SELECT
    lead_id, coalesce(leads.line, ''), coalesce(delivered_quadrant, leads.quadrant), segments,
    coalesce(leads.source, ''), NOT (ledger.is_own OR is_known), ledger.is_own, ledger.received_at,
    ledger.scored_at, delivered_at, handed_at, accepted_at, ledger.contacted_at, tries, opportunity_at,
    won_at, won_minor, won_currency, lost_at, lost_code, given_fact, given_at, given_kind, given_code,
    given_rep_id, duplicate_of, given_proof, given_evidence, rep_id, team, worked_at,
    CASE WHEN handed_at IS NULL THEN unhanded_due_at ELSE work_due_at END
FROM ledger JOIN leads ON leads.id = lead_id
WHERE NOT (ledger.is_test OR is_merged) AND coalesce(delivered_quadrant, leads.quadrant) IS NOT NULL
    AND lead_id = ANY($1::uuid[]) AND (
        delivered_at >= $2 AND delivered_at < $3 OR given_at >= $2 AND given_at < $3 OR won_at >= $2 AND won_at < $3
        OR work_due_at >= $2 AND work_due_at < $3 OR unhanded_due_at >= $2 AND unhanded_due_at < $3
        OR lead_id = ANY($4::uuid[])
    )

-- name: promises_of_month
-- Promises that are due or were ended in a month, with whom the breach that holds is charged to, within the volume and above it, and what excuses it: as it was judged last, else as it was said.
SELECT
    timers.id, timers.lead_id, kind, round, rep_id, team, line, quadrant, agreement, is_trial, opened_at, due_at,
    state, ended_at, ended_kind, worked_us, coalesce(charged_within, firings.event ->> 'charged_to'),
    coalesce(charged_above, firings.event ->> 'charged_to'), coalesce(attribution, firings.event -> 'attribution'),
    CASE WHEN state <> 'breached' THEN NULL
        WHEN EXISTS (SELECT FROM objections WHERE subject = timers.id AND verdict = 'excused') THEN 'objection'
        WHEN EXISTS (
            SELECT FROM incidents
            WHERE retracted_at IS NULL AND due_at BETWEEN from_at AND until_at
        ) THEN 'incident'
    END, timers.rulebook_version
FROM timers
LEFT JOIN promise_times ON promise_times.timer_id = timers.id
LEFT JOIN charges ON timers.state = 'breached' AND charges.timer_id = timers.id
LEFT JOIN firings ON timers.state = 'breached' AND firings.timer_id = timers.id
    AND firings.level = CASE WHEN timers.breaches > 1 THEN 'breach:' || timers.breaches ELSE 'breach' END
WHERE timers.state = ANY($4::text[]) AND NOT timers.is_test AND (
        coalesce(due_at, 'infinity'::timestamptz) >= $1 AND coalesce(due_at, 'infinity'::timestamptz) < $2
        OR ended_at >= $1 AND ended_at < $2
    )
    AND ($3::uuid[] IS NULL OR timers.id = ANY($3))

-- name: rounds_of_month
-- Handoffs of a month and what came of each. Taken back after a breach that holds and binds: timed out, but for who declined, from whom it is taken back as well.
SELECT
    handed.lead_id, handed.round, handed.rep_id, handed.team, handed.quadrant, handed.at,
    min(act.at) FILTER (WHERE act.kind = 'accepted') AS accepted_at,
    min(act.at) FILTER (WHERE act.kind = 'contacted') AS contacted_at,
    min(act.at) FILTER (WHERE act.kind = 'declined') AS declined_at,
    min(act.code) FILTER (WHERE act.kind = 'declined') AS decline_code,
    coalesce(bool_or(act.kind = 'taken_back') AND NOT bool_or(act.kind = 'declined'), false) AND EXISTS (
        SELECT FROM timers
        WHERE timers.lead_id = handed.lead_id AND timers.round = handed.round AND timers.state = 'breached'
            AND NOT is_trial
    ) AS timed_out
FROM facts AS handed
LEFT JOIN facts AS act ON act.lead_id = handed.lead_id AND act.round = handed.round
    AND act.kind IN ('accepted', 'contacted', 'declined', 'taken_back')
WHERE handed.kind = 'assigned' AND handed.at >= $1 AND handed.at < $2 AND NOT handed.is_test
    AND handed.reason IS DISTINCT FROM 'own'
GROUP BY handed.id

-- name: touches_of_leads
-- All submissions of the leads of a month, in the order of the acts.
SELECT lead_id, source, campaign, at, opened FROM touches WHERE lead_id = ANY($1::uuid[]) ORDER BY at, seq

-- name: merged_touches
-- Submissions in a month of leads that ended in another one, where it is told in which. What opened a lead before that one was there is no duplicate of it. No tests.
SELECT
    touches.lead_id, source, campaign, touches.at, opened, CASE WHEN NOT is_first THEN heir END,
    CASE WHEN NOT is_first THEN ended_at END
FROM touches JOIN ledger ON ledger.lead_id = touches.lead_id
CROSS JOIN LATERAL (
    SELECT duplicate_of AS heir, facts.at AS ended_at FROM facts
    WHERE facts.lead_id = touches.lead_id AND kind = 'closed' AND reason = 'merged' AND duplicate_of IS NOT NULL
    ORDER BY facts.at, id LIMIT 1
) AS ended
CROSS JOIN LATERAL (
    SELECT touches.opened AND coalesce(min(theirs.at) > touches.at, false) AS is_first
    FROM touches AS theirs WHERE theirs.lead_id = heir
) AS rival
WHERE touches.at >= $1 AND touches.at < $2 AND ledger.is_merged AND NOT ledger.is_test
ORDER BY touches.at, touches.lead_id

-- name: objections_of_month
-- Objections to what happened or was objected to in a month, each with the promise that was broken.
SELECT
    objections.id, about, subject, objections.lead_id, side, by, at, reason, verdict, decided_by, decided_at,
    kind, round, rep_id, due_at
FROM objections LEFT JOIN timers ON timers.id = subject
WHERE happened_at >= $1 AND happened_at < $2 OR at >= $1 AND at < $2
    OR subject = ANY($3::uuid[])
ORDER BY at, objections.id

-- name: positions_between
-- Which delivery of its local day and month each one is, of the deliveries between two moments.
SELECT
    lead_id,
    row_number() OVER (PARTITION BY date_trunc('day', delivered_at, $3::text) ORDER BY delivered_at, lead_id) AS of_day,
    row_number() OVER (PARTITION BY date_trunc('month', delivered_at, $3::text) ORDER BY delivered_at, lead_id) AS of_month
FROM ledger
WHERE delivered_at >= $1 AND delivered_at < $2 AND NOT (is_test OR is_own OR is_known OR is_merged)
