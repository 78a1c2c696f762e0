-- Who signed a month and what was booked in it (reading.py).

-- name: month_row
-- Who signed a month.
SELECT marketing_name, marketing_at, sales_name, sales_at FROM months WHERE period = $1

-- name: kept_report
-- The report of a closed month, as both sides signed it.
SELECT report::text FROM months WHERE period = $1 AND closed_at IS NOT NULL

-- name: booked_of
-- The figures of a closed month as they stood then.
SELECT measure, nullif(goal, '') AS goal, sum(amount) AS amount FROM bookings
WHERE booked_in = $1 AND of = $1 GROUP BY measure, goal ORDER BY measure, goal

-- name: corrections_of
-- What was booked in a month for months closed before.
SELECT of, measure, subject, amount, nullif(goal, '') AS goal FROM bookings WHERE booked_in = $1 AND of <> $1
ORDER BY of, measure, goal, subject
