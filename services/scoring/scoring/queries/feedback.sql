-- name: insert_feedback
-- What reps said of leads that are kept here, each once.
INSERT INTO feedback (id, lead_id, kind, at, round, rep_id, result, reason, rating, value_minor, currency, wake_at)
SELECT given.* FROM unnest($1::uuid[], $2::uuid[], $3::text[], $4::timestamptz[], $5::int[], $6::text[], $7::text[],
    $8::text[], $9::smallint[], $10::bigint[], $11::text[], $12::timestamptz[])
    AS given (id, lead_id, kind, at, round, rep_id, result, reason, rating, value_minor, currency, wake_at)
JOIN leads l ON l.id = given.lead_id AND l.state <> 'erased'
ON CONFLICT (id) DO NOTHING

-- name: note_handoffs
-- When leads first got a rep; of several the earliest holds, in whatever order they are told.
INSERT INTO first_handoffs (lead_id, at)
SELECT given.lead_id, min(given.at) FROM unnest($1::uuid[], $2::timestamptz[]) AS given (lead_id, at)
GROUP BY given.lead_id
ON CONFLICT (lead_id) DO UPDATE SET at = least(first_handoffs.at, excluded.at)

-- name: feedback_of_leads
-- What was said of leads, oldest first.
SELECT * FROM feedback WHERE lead_id = ANY($1::uuid[]) ORDER BY at, id

-- name: feedback_of_held
-- What was said of leads, and of those that ended in them, oldest first; lead_id: the one that it is said of now.
WITH RECURSIVE held AS (
    SELECT id, id AS lead FROM unnest($1::uuid[]) AS asked (id)
    UNION
    SELECT m.id, held.lead FROM held JOIN leads m ON m.merged_into = held.id
)
SELECT f.id, held.lead AS lead_id, f.kind, f.at, f.round, f.rep_id, f.result, f.reason, f.rating, f.value_minor,
    f.currency, f.wake_at
FROM held JOIN feedback f ON f.lead_id = held.id ORDER BY f.at, f.id

-- name: erase_feedback
-- What reps wrote of erased leads; that they did, and how it went, stays for counts.
UPDATE feedback SET reason = NULL WHERE lead_id = ANY($1::uuid[])
