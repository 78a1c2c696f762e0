-- Signing and closing of a month (closing.py).

-- name: lock_closing
-- Alone with the months: whoever changes leads or promises is done, and who comes later sees what is signed.
SELECT pg_advisory_xact_lock(hashtextextended('baton ' || current_schema() || ' closing', 0))

-- name: insert_month
-- A month that is signed for the first time.
INSERT INTO months (period, starts_at, ends_at) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING

-- name: lock_month
-- Who signed a month, for who signs next.
SELECT marketing_name, marketing_at, sales_name, sales_at FROM months WHERE period = $1 FOR UPDATE

-- name: sign_for_marketing
-- Marketing's name under a month.
UPDATE months SET marketing_name = $2, marketing_by = $3, marketing_at = $4 WHERE period = $1

-- name: sign_for_sales
-- Sales' name under a month.
UPDATE months SET sales_name = $2, sales_by = $3, sales_at = $4 WHERE period = $1

-- name: keep_report
-- The whole report, as both sides sign it.
UPDATE months SET report = $2::text::jsonb WHERE period = $1

-- name: close_month
-- Both have signed.
UPDATE months SET closed_at = $2 WHERE period = $1

-- name: export_snapshot
-- This transaction's view of the store, for another one to read in.
SELECT pg_export_snapshot()

-- name: count_corrections
-- How many corrections were booked in a month.
SELECT count(*) FROM bookings WHERE booked_in = $1 AND of <> booked_in

-- name: forget_changes
-- Changes that this transaction has seen are in what it books; one noted meanwhile stays.
DELETE FROM changed_since_closing
