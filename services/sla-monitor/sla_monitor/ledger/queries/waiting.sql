-- What waits for the two sides (waiting.py).

-- name: count_open_objections
-- How many objections nobody has decided.
SELECT count(*) FROM objections WHERE verdict IS NULL

-- name: signed_months
-- The months that anybody signed, and those that are closed.
SELECT period, marketing_at, sales_at, closed_at FROM months
