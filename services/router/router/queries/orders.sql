-- What people order about leads by hand, declines that wait for a team lead, and what marketing is to repair.

-- name: order_of_key
-- The order about a lead that came with this key before.
SELECT kind, content, answer FROM orders WHERE ordered_by = $1 AND key = $2 AND lead_id = $3

-- name: leads_of_key
-- The leads that an order of many, sent with this key before, has been about.
SELECT lead_id FROM orders WHERE ordered_by = $1 AND key = $2 ORDER BY lead_id

-- name: insert_order
-- Keeps an order with its answer.
INSERT INTO orders (id, lead_id, kind, ordered_by, at, reason, key, content, from_rep, to_rep, answer)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)

-- name: orders_of_lead
-- What was ordered about a lead, oldest first.
SELECT kind, ordered_by, at, reason, from_rep, to_rep FROM orders WHERE lead_id = $1 ORDER BY at, id

-- name: number_of_orders
-- How many orders a lead has had.
SELECT count(*)::integer FROM orders WHERE lead_id = $1

-- name: set_lock
-- Locks a lead to its rep, or lifts the lock.
UPDATE leads SET locked_by = $2, locked_at = $3, lock_reason = $4 WHERE id = $1

-- name: leads_to_move
-- Up to $3 open leads of a rep, all, or those without any answer ($2): the oldest first, after them those that another
-- than $4 has locked.
SELECT a.lead_id, a.round FROM assignments a JOIN leads l ON l.id = a.lead_id
WHERE a.rep_id = $1 AND a.ended_at IS NULL AND (NOT $2 OR (a.accepted_at IS NULL AND a.contacted_at IS NULL))
ORDER BY l.locked_by IS NOT NULL AND l.locked_by <> $4, a.assigned_at, a.lead_id LIMIT $3

-- name: shown_to_move
-- Leads as a dry run lists them.
SELECT l.id AS lead_id, l.line, l.state, l.quadrant, l.locked_by, l.round, a.rep_id, r.name AS rep_name, a.assigned_at,
       a.accepted_at, a.contacted_at
FROM leads l
LEFT JOIN assignments a ON a.lead_id = l.id AND a.ended_at IS NULL
LEFT JOIN reps r ON r.id = a.rep_id
WHERE l.id = ANY($1::uuid[]) ORDER BY a.assigned_at NULLS FIRST, l.id

-- name: declines_since
-- How many leads a rep has declined since a moment; those in the wrong territory are no fault of theirs.
SELECT count(*)::integer FROM acts
WHERE rep_id = $1 AND kind = 'declined' AND at >= $2 AND content->>'code' IS DISTINCT FROM 'wrong_territory'

-- name: asked_decline_of_round
-- What became of a rep's wish to decline in this round.
SELECT id, state, at, decided_by, decided_at FROM asked_declines WHERE lead_id = $1 AND round = $2

-- name: insert_asked_decline
-- A rep asks to decline above the number a week.
INSERT INTO asked_declines (id, lead_id, rep_id, round, at, content, key) VALUES ($1, $2, $3, $4, $5, $6, $7)

-- name: asked_decline_of_key
-- What a rep's wish to decline said that came with this key.
SELECT content FROM asked_declines WHERE lead_id = $1 AND rep_id = $2 AND key = $3

-- name: one_asked_decline
-- One of them.
SELECT id, lead_id, rep_id, round, content, state, decided_by, decided_at FROM asked_declines WHERE id = $1

-- name: settle_asked_decline
-- A team lead confirms or refuses.
UPDATE asked_declines SET state = $2, decided_at = $3, decided_by = $4 WHERE id = $1 AND state = 'asked'

-- name: open_asked_declines
-- Declines that wait for a team lead, the oldest first; those whose lead was answered or is gone are over.
SELECT d.id, d.lead_id, l.line, d.rep_id, r.name AS rep_name, r.team, d.round, d.at, d.content->>'code' AS code,
       d.content->>'reason' AS reason, a.accept_by, a.respond_by
FROM asked_declines d
JOIN assignments a ON a.lead_id = d.lead_id AND a.round = d.round AND a.ended_at IS NULL
JOIN leads l ON l.id = d.lead_id
JOIN reps r ON r.id = d.rep_id
WHERE d.state = 'asked' AND a.accepted_at IS NULL AND a.contacted_at IS NULL
ORDER BY d.at, d.id LIMIT $1

-- name: insert_repair
-- A rep gives a lead back since its data is wrong, or since it is another one.
INSERT INTO repairs (id, lead_id, rep_id, kind, at, note, profile_digest)
SELECT $1, $2, $3, $4, $5, $6, md5(profile::text) FROM leads WHERE id = $2

-- name: lead_named
-- A lead that a rep names by its id.
SELECT is_test FROM leads WHERE id = $1 AND state NOT IN ('stub', 'erased')

-- name: lead_of_email
-- The lead of an e-mail that is not the one given: of its line before others, open before ended, the newest.
SELECT id FROM leads
WHERE profile->>'email' IS NOT NULL AND lower(profile->>'email') = lower($1) AND id <> $2 AND is_test = $3 AND state NOT IN ('stub', 'erased')
ORDER BY line <> $4, state NOT IN ('held', 'assigned'), received_at DESC NULLS LAST, id LIMIT 1

-- name: open_repairs
-- What is to be put right, the oldest first; wrong data that has been corrected since is done.
SELECT p.id, p.lead_id, p.kind, p.at, p.rep_id, r.name AS rep_name, p.note, p.duplicate_of, l.line, l.person_id,
       l.profile, l.source, l.form_id
FROM repairs p JOIN leads l ON l.id = p.lead_id JOIN reps r ON r.id = p.rep_id
WHERE p.resolved_at IS NULL AND l.state NOT IN ('erased', 'merged') AND ($1::text IS NULL OR p.kind = $1)
  AND (p.kind <> 'wrong_data' OR md5(l.profile::text) = p.profile_digest)
ORDER BY p.at, p.id LIMIT $2

-- name: resolve_repair
-- Somebody has put it right; one that is resolved stays as it was.
UPDATE repairs SET resolved_at = coalesce(resolved_at, $2), resolved_by = coalesce(resolved_by, $3)
WHERE id = $1 RETURNING id, lead_id, kind, resolved_at, resolved_by

-- name: wipe_life
-- What was written by hand about leads whose person is erased.
WITH wiped_orders AS (
    UPDATE orders SET reason = NULL, content = '{}', answer = '{}', key = NULL WHERE lead_id = ANY($1::uuid[])
), wiped_repairs AS (
    UPDATE repairs SET note = NULL, duplicate_of = NULL, profile_digest = '' WHERE lead_id = ANY($1::uuid[])
), wiped_locks AS (
    UPDATE leads SET lock_reason = NULL WHERE id = ANY($1::uuid[]) AND lock_reason IS NOT NULL
)
UPDATE asked_declines SET content = '{}', key = NULL WHERE lead_id = ANY($1::uuid[])
