-- The past, read for simulations: page by page in order of a key, without locks.

-- name: history_leads
-- Leads that were to be routed, in order of when, after one; what became of each. Test leads are none, what an import
-- brought waited in a lane of its own, and what reps found (form $6) goes to them by no plan.
SELECT l.id, l.state, l.line, l.quadrant, l.profile, l.score, l.form_id, l.source, l.campaign, l.submissions, l.asks,
       l.account, l.value_minor, l.told, l.person_id, l.hold_reason, coalesce(l.sql_at, l.received_at) AS at,
       l.person_id IS NOT NULL
           AND EXISTS (SELECT FROM leads o WHERE o.person_id = l.person_id AND o.id <> l.id) AS comes_again,
       h.*, d.*
FROM leads l
CROSS JOIN LATERAL (
    SELECT count(*)::integer AS rounds, min(a.assigned_at) AS handed_at, min(a.contacted_at) AS answered_at,
           (array_agg(a.rep_id ORDER BY a.contacted_at) FILTER (WHERE a.contacted_at IS NOT NULL))[1] AS answered_by,
           (array_agg(a.rep_id ORDER BY a.round DESC))[1] AS rep, (array_agg(a.pool_id ORDER BY a.round DESC))[1] AS pool,
           extract(epoch FROM min(a.respond_within))::float8 AS promise_seconds,
           count(*) FILTER (WHERE b.is_broken)::integer AS breaches,
           min(a.respond_by) FILTER (WHERE b.is_broken) AS breached_at
    FROM assignments a
    CROSS JOIN LATERAL (
        SELECT coalesce(a.respond_by < coalesce(a.contacted_at, a.ended_at, $5), false) AS is_broken
    ) AS b
    WHERE a.lead_id = l.id
) AS h
CROSS JOIN LATERAL (
    SELECT coalesce(bool_or(d.proof ? 'is_late'), false) AS foreseen,
           coalesce(bool_or(d.proof ? 'overruled'), false) AS overruled
    FROM decisions d WHERE d.lead_id = l.id AND d.rep_id IS NOT NULL
) AS d
WHERE (coalesce(l.sql_at, l.received_at), l.id) > ($1::timestamptz, $2::uuid)
  AND coalesce(l.sql_at, l.received_at) < $3
  AND NOT l.is_test AND l.handling IS NULL AND l.form_id <> $6 AND (l.round > 0 OR l.state = 'held')
ORDER BY coalesce(l.sql_at, l.received_at), l.id LIMIT $4

-- name: history_counts
-- How many leads a replay reads, and how many it leaves out, and why.
SELECT count(*) FILTER (WHERE is_routed AND handling IS NULL AND NOT is_test AND NOT is_own)::integer AS leads,
       count(*) FILTER (WHERE is_routed AND handling IS NOT NULL AND NOT is_test AND NOT is_own)::integer AS of_imports,
       count(*) FILTER (WHERE is_routed AND is_own AND NOT is_test)::integer AS found_by_reps,
       count(*) FILTER (WHERE is_routed AND is_test)::integer AS tests,
       count(*) FILTER (WHERE NOT is_routed)::integer AS never_routed
FROM (
    SELECT handling, is_test, form_id = $3 AS is_own, round > 0 OR state = 'held' AS is_routed
    FROM leads WHERE coalesce(sql_at, received_at) >= $1 AND coalesce(sql_at, received_at) < $2
) AS l

-- name: rounds_of_history
-- A rep's rounds in order of time, after one.
SELECT id, assigned_at, accepted_at, contacted_at, ended_at, ended_by FROM assignments
WHERE rep_id = $1 AND assigned_at >= $2 AND (assigned_at, id) > ($2, $3::uuid)
ORDER BY assigned_at, id LIMIT $4

-- name: pools_as_they_are
-- Pools without locks, with what their strategies remember.
SELECT * FROM pools WHERE id = ANY($1::text[]) ORDER BY id
