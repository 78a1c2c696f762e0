-- name: insert_receipts
-- Numbers of intake instances as read; the multiranges come as text.
INSERT INTO receipt_batches (instance, numbers, heard_at)
SELECT instance, numbers::int8multirange, heard_at
FROM unnest($1::text[], $2::text[], $3::timestamptz[]) AS read (instance, numbers, heard_at)

-- name: take_receipt_batches
-- Numbers read since the last fold, by instance.
WITH taken AS (DELETE FROM receipt_batches RETURNING instance, numbers, heard_at)
SELECT instance, range_agg(numbers)::text AS numbers, max(upper(numbers)) - 1 AS highest, max(heard_at) AS heard_at
FROM taken GROUP BY instance ORDER BY instance

-- name: lock_receipts
-- The books of instances.
SELECT instance, highest, last_at, settled, sampled, sampled_at FROM receipts
WHERE instance = ANY($1::text[]) ORDER BY instance FOR UPDATE

-- name: save_receipts
-- Adds numbers to an instance's books.
INSERT INTO receipts (instance, numbers, highest, last_at, settled, sampled, sampled_at)
SELECT instance, numbers::int8multirange, highest, last_at, settled, sampled, sampled_at
FROM unnest($1::text[], $2::text[], $3::bigint[], $4::timestamptz[], $5::bigint[], $6::bigint[], $7::timestamptz[])
    AS heard (instance, numbers, highest, last_at, settled, sampled, sampled_at)
ON CONFLICT (instance) DO UPDATE SET numbers = receipts.numbers + excluded.numbers, highest = excluded.highest,
    last_at = excluded.last_at, settled = excluded.settled, sampled = excluded.sampled,
    sampled_at = excluded.sampled_at

-- name: receipts_arrived
-- Each instance's numbers as spans in order, those not folded yet included.
WITH pending AS (
    SELECT instance, range_agg(numbers) AS numbers, max(upper(numbers)) - 1 AS highest, max(heard_at) AS last_at
    FROM receipt_batches GROUP BY instance
), known AS (
    SELECT instance, greatest(r.highest, p.highest) AS highest, greatest(r.last_at, p.last_at) AS last_at,
        coalesce(r.settled, 0) AS settled, coalesce(r.sampled, p.highest) AS sampled,
        coalesce(r.sampled_at, p.last_at) AS sampled_at,
        coalesce(r.numbers, '{}') + coalesce(p.numbers, '{}') AS numbers
    FROM receipts r FULL JOIN pending p USING (instance)
)
SELECT instance, highest, last_at, settled, sampled, sampled_at,
    array(SELECT lower(span) FROM unnest(numbers) AS span) AS firsts,
    array(SELECT upper(span) FROM unnest(numbers) AS span) AS afters
FROM known ORDER BY instance

-- name: save_reading
-- How far partitions have been read; never back.
INSERT INTO reading (topic, partition, read_up_to)
SELECT * FROM unnest($1::text[], $2::int[], $3::timestamptz[])
ON CONFLICT (topic, partition) DO UPDATE SET read_up_to = greatest(reading.read_up_to, excluded.read_up_to)

-- name: read_up_to
-- Everything that the broker took before this moment has been read.
SELECT min(read_up_to) FROM reading

-- name: submissions_by_state
-- How many submissions stand in each state.
SELECT state, count(*) AS submissions FROM submissions GROUP BY state ORDER BY state
