-- The running month in groups (gauges.py).

-- name: deliveries_by_group
-- The deliveries of a month by what goals ask of them.
SELECT delivered_quadrant AS quadrant, coalesce(leads.line, '') AS line, segments,
    coalesce(newest.source, leads.source, '') AS source, NULL AS code, count(*) AS leads
FROM ledger JOIN leads ON leads.id = ledger.lead_id
LEFT JOIN LATERAL newest_source(ledger.lead_id, delivered_at) AS newest ON true
WHERE delivered_at >= $1 AND delivered_at < $2
    AND NOT (ledger.is_test OR ledger.is_own OR is_known OR is_merged)
GROUP BY 1, 2, 3, 4

-- name: given_back_by_group
-- Deliveries of any month that sales gave back in this one, by what goals ask of them and why; excused ones are left out.
SELECT delivered_quadrant AS quadrant, coalesce(leads.line, '') AS line, segments,
    coalesce(newest.source, leads.source, '') AS source, given_code AS code, count(*) AS leads
FROM ledger JOIN leads ON leads.id = ledger.lead_id
LEFT JOIN LATERAL newest_source(ledger.lead_id, delivered_at) AS newest ON true
WHERE given_at >= $1 AND given_at < $2 AND delivered_at IS NOT NULL
    AND NOT (ledger.is_test OR ledger.is_own OR is_known OR is_merged)
    AND NOT EXISTS (SELECT FROM objections WHERE subject = given_fact AND verdict = 'excused')
GROUP BY 1, 2, 3, 4, 5

-- name: promises_by_outcome
-- Binding promises that fell due between two moments, by how they ended, who is charged, whether that is excused, and whether they are of speed on leads above the volume. $4 to $7: the volume of each agreement that names one, by the rulebook's version; the last delivery within it is looked for once a day and month.
WITH volumes AS (
    SELECT * FROM unnest($4::int[], $5::text[], $6::int[], $7::int[]) AS told (version, agreement, per_day, per_month)
), due AS MATERIALIZED (
    SELECT
        timers.id, timers.lead_id, timers.kind, timers.state, timers.ended_kind, timers.breaches, timers.due_at,
        volumes.per_day, volumes.per_month, ledger.delivered_at,
        date_trunc('day', ledger.delivered_at, $9::text) AS day, date_trunc('month', ledger.delivered_at, $9) AS month
    FROM timers
    LEFT JOIN volumes ON volumes.version = timers.rulebook_version AND volumes.agreement = timers.agreement
        AND (timers.kind = ANY($8::text[]) OR timers.state = 'breached')
    LEFT JOIN ledger ON volumes.version IS NOT NULL AND ledger.lead_id = timers.lead_id
        AND NOT (ledger.is_test OR ledger.is_own OR ledger.is_known OR ledger.is_merged)
    WHERE timers.state = ANY($3::text[]) AND NOT timers.is_test AND NOT timers.is_trial
        AND coalesce(timers.due_at, 'infinity'::timestamptz) >= $1 AND coalesce(timers.due_at, 'infinity'::timestamptz) < $2
), spans AS (
    SELECT day AS start, per_day AS agreed FROM due WHERE per_day IS NOT NULL AND day IS NOT NULL
    UNION SELECT month, per_month FROM due WHERE per_month IS NOT NULL AND month IS NOT NULL
), last_within AS MATERIALIZED (
    SELECT spans.start, spans.agreed, found.delivered_at, found.lead_id
    FROM spans CROSS JOIN LATERAL last_within(spans.start, spans.agreed) AS found
)
SELECT
    due.kind, due.state, due.ended_kind,
    coalesce(CASE WHEN place.is_above THEN charged_above ELSE charged_within END, firings.event ->> 'charged_to') AS charged_to,
    due.state = 'breached' AND (
        EXISTS (SELECT FROM objections WHERE subject = due.id AND verdict = 'excused')
        OR EXISTS (SELECT FROM incidents WHERE retracted_at IS NULL AND due_at BETWEEN from_at AND until_at)
    ) AS is_excused,
    place.is_above AND due.kind = ANY($8) AS is_above_volume,
    count(*) AS promises
FROM due
LEFT JOIN last_within AS of_day ON (of_day.start, of_day.agreed) = (due.day, due.per_day)
LEFT JOIN last_within AS of_month ON (of_month.start, of_month.agreed) = (due.month, due.per_month)
CROSS JOIN LATERAL (
    SELECT coalesce((due.delivered_at, due.lead_id) > (of_day.delivered_at, of_day.lead_id), false)
        OR coalesce((due.delivered_at, due.lead_id) > (of_month.delivered_at, of_month.lead_id), false) AS is_above
) AS place
LEFT JOIN charges ON due.state = 'breached' AND charges.timer_id = due.id
LEFT JOIN firings ON due.state = 'breached' AND firings.timer_id = due.id
    AND firings.level = CASE WHEN due.breaches > 1 THEN 'breach:' || due.breaches ELSE 'breach' END
GROUP BY 1, 2, 3, 4, 5, 6

-- name: work_by_outcome
-- Deliveries whose time to be worked ended between two moments: worked by then or not, and why given back, if that holds.
SELECT
    coalesce(worked_at <= due.at, false) AS is_worked,
    CASE WHEN EXISTS (SELECT FROM objections WHERE subject = given_fact AND verdict = 'excused') THEN NULL
        ELSE given_code END AS code,
    count(*) AS leads
FROM ledger CROSS JOIN LATERAL (
    SELECT CASE WHEN handed_at IS NULL THEN unhanded_due_at ELSE work_due_at END AS at
) AS due
WHERE (work_due_at >= $1 AND work_due_at < $2 OR unhanded_due_at >= $1 AND unhanded_due_at < $2)
    AND due.at >= $1 AND due.at < $2 AND delivered_at IS NOT NULL
    AND NOT (is_test OR is_own OR is_known OR is_merged)
GROUP BY 1, 2
