-- What turned out otherwise since months were closed (corrections.py).

-- name: closed_months
-- The months that are closed, the last one last.
SELECT period FROM months WHERE closed_at IS NOT NULL ORDER BY period

-- name: changed_subjects
-- What changed since the last closing: where corrections may be found.
SELECT DISTINCT subject, is_promise FROM changed_since_closing

-- name: moved_deliveries
-- From when on leads may have another place in the volume than at the last closing: the first such moment of each local month.
SELECT min(delivered_at) AS at FROM changed_since_closing WHERE delivered_at IS NOT NULL
GROUP BY date_trunc('month', delivered_at, $1::text)

-- name: promises_behind
-- Binding promises of these kinds of the deliveries between two moments.
SELECT timers.id FROM ledger JOIN timers ON timers.lead_id = ledger.lead_id
WHERE delivered_at >= $1 AND delivered_at < $2
    AND NOT (ledger.is_test OR ledger.is_own OR is_known OR ledger.is_merged)
    AND kind = ANY($3::text[]) AND NOT is_trial AND NOT timers.is_test

-- name: booked_for
-- What is booked so far for closed months, of some subjects.
SELECT of, measure, subject, goal, sum(amount) AS amount FROM bookings
WHERE of = ANY($1::text[]) AND subject = ANY($2::uuid[]) GROUP BY of, measure, subject, goal
