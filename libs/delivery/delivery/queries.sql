-- SQL of messages on their way out; the tables stand in the schema of the service that sends.

-- name: insert_deliveries
-- Messages to send; one that is known by its id already is left as it is.
INSERT INTO deliveries
    (id, about, kind, channel, target, subject, text, data, created_at, due_at, give_up_at)
SELECT id, about, kind, channel, target, subject, text, data, $9, $9, $9::timestamptz + $10::interval
FROM unnest($1::uuid[], $2::uuid[], $3::text[], $4::text[], $5::jsonb[], $6::text[], $7::text[], $8::jsonb[])
    AS t (id, about, kind, channel, target, subject, text, data)
ON CONFLICT (id) DO NOTHING

-- name: claim_due
-- Takes messages that are due and that nobody has in hand, the longest waiting first, and counts the attempt.
UPDATE deliveries SET claimed_until = $1::timestamptz + $2::interval, attempts = attempts + 1
WHERE id IN (
    SELECT id FROM deliveries
    WHERE state = 'pending' AND due_at <= $1 AND (claimed_until IS NULL OR claimed_until <= $1)
    ORDER BY due_at LIMIT $3 FOR UPDATE SKIP LOCKED
)
RETURNING id, about, kind, channel, target, subject, text, data, created_at, give_up_at, attempts

-- name: note_attempt
-- Keeps how an attempt ended.
INSERT INTO delivery_attempts (delivery_id, number, at, milliseconds, outcome, detail)
VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT DO NOTHING

-- name: end_delivery
-- A message that arrived, or that nobody tries any more. An arrival counts whichever attempt it was.
UPDATE deliveries SET state = $3, ended_at = $4, outcome = $5, detail = $6, claimed_until = NULL
WHERE id = $1 AND state = 'pending' AND (attempts = $2 OR $3 = 'delivered')

-- name: put_off
-- A message to try again later. Somebody who took it over meanwhile decides instead.
UPDATE deliveries SET due_at = $3, outcome = $4, detail = $5, claimed_until = NULL
WHERE id = $1 AND state = 'pending' AND attempts = $2

-- name: count_pending
-- Messages on their way.
SELECT count(*) FROM deliveries WHERE state = 'pending'

-- name: about_these
-- The newest message to each channel about each of these, and how it fared.
SELECT DISTINCT ON (about, channel, target) about, id, kind, channel, state, attempts, outcome, detail, created_at,
    due_at, ended_at
FROM deliveries WHERE about = ANY($1::uuid[])
ORDER BY about, channel, target, created_at DESC

-- name: forget_ended
-- Messages that ended before a moment, a handful at a time; their attempts go with them.
DELETE FROM deliveries WHERE id IN (
    SELECT id FROM deliveries WHERE state <> 'pending' AND ended_at < $1 ORDER BY ended_at LIMIT 1000
)
