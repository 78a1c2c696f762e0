-- SQL of messages on their way out; the tables stand in the schema of the service that sends.

-- name: insert_deliveries
-- Messages to send; one that is known by its id already is left as it is.
INSERT INTO deliveries
    (id, about, kind, channel, target, subject, text, data, receiver, created_at, due_at, give_up_at, lasts)
SELECT id, about, kind, channel, target, subject, text, data, receiver, $10, $10, $10::timestamptz + $11::interval, $11
FROM unnest(
    $1::uuid[], $2::uuid[], $3::text[], $4::text[], $5::jsonb[], $6::text[], $7::text[], $8::jsonb[], $9::text[]
) AS t (id, about, kind, channel, target, subject, text, data, receiver)
ON CONFLICT (id) DO NOTHING

-- name: claim_due
-- Takes messages that are due and that nobody has in hand, the longest waiting first, and counts the attempt; none for
-- the receivers $4.
UPDATE deliveries SET claimed_until = $1::timestamptz + $2::interval, attempts = attempts + 1
WHERE id IN (
    SELECT id FROM deliveries
    WHERE state = 'pending' AND due_at <= $1 AND (claimed_until IS NULL OR claimed_until <= $1)
      AND NOT receiver = ANY($4::text[])
    ORDER BY due_at LIMIT $3 FOR UPDATE SKIP LOCKED
)
RETURNING id, about, kind, channel, target, subject, text, data, created_at, give_up_at, attempts

-- name: note_attempt
-- Keeps how an attempt ended.
INSERT INTO delivery_attempts (delivery_id, number, at, milliseconds, outcome, detail)
VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT DO NOTHING

-- name: end_delivery
-- A message that arrived, or that nobody tries any more. An arrival counts whichever attempt it was.
UPDATE deliveries SET state = $3, ended_at = $4, outcome = $5, detail = $6, receipt = $7, claimed_until = NULL
WHERE id = $1 AND state = 'pending' AND (attempts = $2 OR $3 = 'delivered')

-- name: put_off
-- A message to try again later. Somebody who took it over meanwhile decides instead.
UPDATE deliveries SET due_at = $3, outcome = $4, detail = $5, claimed_until = NULL
WHERE id = $1 AND state = 'pending' AND attempts = $2

-- name: put_back
-- Messages that were taken in hand for nothing: it was no attempt.
UPDATE deliveries d SET attempts = d.attempts - 1, claimed_until = NULL
FROM unnest($1::uuid[], $2::integer[]) AS n (id, attempts)
WHERE d.id = n.id AND d.state = 'pending' AND d.attempts = n.attempts

-- name: list_deliveries
-- Messages in a state ($1), by a channel ($2), about something ($3), the newest first; null: any.
SELECT id, about, kind, channel, state, attempts, outcome, detail, created_at, due_at, give_up_at, ended_at
FROM deliveries
WHERE ($1::text IS NULL OR state = $1) AND ($2::text IS NULL OR channel = $2) AND ($3::uuid IS NULL OR about = $3)
ORDER BY created_at DESC, id LIMIT $4

-- name: one_delivery
-- One message, without its texts.
SELECT id, about, kind, channel, state, attempts, outcome, detail, created_at, due_at, give_up_at, ended_at, receipt
FROM deliveries WHERE id = $1

-- name: attempts_of
-- Each attempt of a message that ended.
SELECT number, at, milliseconds, outcome, detail FROM delivery_attempts WHERE delivery_id = $1 ORDER BY number

-- name: send_again
-- A message that was given up is tried once more from now on, for as long as the first time.
UPDATE deliveries SET state = 'pending', ended_at = NULL, outcome = NULL, detail = NULL, due_at = $2,
    give_up_at = $2::timestamptz + coalesce(lasts, give_up_at - created_at)
WHERE id = $1 AND state = 'given_up' RETURNING id

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

-- name: take_token
-- What is kept for a client, for who may ask the server of tokens until $3; no row while another process does.
INSERT INTO oauth_tokens AS t (token_url, client_id, taken_until) VALUES ($1, $2, $3)
ON CONFLICT (token_url, client_id) DO UPDATE SET taken_until = excluded.taken_until
    WHERE t.taken_until IS NULL OR t.taken_until <= $4
RETURNING sealed

-- name: keep_token
-- What a server of tokens gave; null leaves what is kept. Another process may ask.
UPDATE oauth_tokens
SET sealed = coalesce($3, sealed), changed_at = CASE WHEN $3 IS NULL THEN changed_at ELSE $4 END, taken_until = NULL
WHERE token_url = $1 AND client_id = $2
