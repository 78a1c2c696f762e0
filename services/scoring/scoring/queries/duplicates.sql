-- name: insert_duplicates
-- What sales said of leads that are another one again, each once.
INSERT INTO duplicates (id, lead_id, of_lead_id, rep_id, at, state, why)
SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::text[], $5::timestamptz[], $6::text[], $7::text[])
ON CONFLICT (id) DO NOTHING

-- name: next_waiting
-- The oldest that is to be looked at and that nobody else looks at.
SELECT id, lead_id, of_lead_id, rep_id, at, state, why FROM duplicates
WHERE state = 'waits' ORDER BY at, id LIMIT 1 FOR UPDATE SKIP LOCKED

-- name: lock_duplicate
-- One of them.
SELECT id, lead_id, of_lead_id, rep_id, at, state, why, settled_by, settled_at FROM duplicates WHERE id = $1 FOR UPDATE

-- name: leads_there
-- Which of these leads are kept here and not erased.
SELECT id FROM leads WHERE id = ANY($1::uuid[]) AND state <> 'erased'

-- name: settle_duplicate
-- What became of one, and who said so.
UPDATE duplicates SET state = $2, why = $3, settled_at = $4, settled_by = $5, settled_reason = $6 WHERE id = $1

-- name: insert_merge_by_word
-- Two persons made one by what sales said of a lead.
INSERT INTO merges (survivor, other, submission_id, at, leads_ended, leads_moved, duplicate_id)
SELECT $1, $2, l.opened_by, $3, $4, $5, $6 FROM leads l WHERE l.id = $7

-- name: keep_together
-- Pairs of keys that are one person's, the lesser key of each first.
INSERT INTO kept_together (kind, value, other_kind, other_value, duplicate_id, at)
SELECT kind, value, other_kind, other_value, $1, $2
FROM unnest($3::text[], $4::text[], $5::text[], $6::text[]) AS pairs (kind, value, other_kind, other_value)
ON CONFLICT DO NOTHING

-- name: part_together
-- These pairs are one person's no more.
DELETE FROM kept_together AS k USING unnest($1::text[], $2::text[], $3::text[], $4::text[])
    AS pairs (kind, value, other_kind, other_value)
WHERE (k.kind, k.value, k.other_kind, k.other_value) = (pairs.kind, pairs.value, pairs.other_kind, pairs.other_value)

-- name: part_apart
-- These pairs are kept apart no more.
DELETE FROM kept_apart AS k USING unnest($1::text[], $2::text[], $3::text[], $4::text[])
    AS pairs (kind, value, other_kind, other_value)
WHERE (k.kind, k.value, k.other_kind, k.other_value) = (pairs.kind, pairs.value, pairs.other_kind, pairs.other_value)

-- name: undo_duplicate
-- A merge by word was undone by an operator: two people after all.
UPDATE duplicates SET state = 'apart', settled_at = $2, settled_by = $3, settled_reason = $4
WHERE id = (SELECT duplicate_id FROM merges WHERE id = $1)

-- name: list_duplicates
-- Those in one state, the oldest first, with who is behind each lead now, and what the rep wrote.
WITH RECURSIVE up AS (
    SELECT d.id AS duplicate, l.id AS lead, p.id, p.merged_into, p.profile FROM duplicates d
    JOIN leads l ON l.id IN (d.lead_id, d.of_lead_id) JOIN persons p ON p.id = l.person_id
    WHERE d.state = $1
    UNION
    SELECT up.duplicate, up.lead, p.id, p.merged_into, p.profile FROM up JOIN persons p ON p.id = up.merged_into
)
SELECT d.id, d.lead_id, d.of_lead_id, l.line, d.at, d.rep_id, f.reason, d.state, d.why, d.settled_at, d.settled_by,
    d.settled_reason, one.id AS person_id, one.profile, other.id AS of_person_id, other.profile AS of_profile
FROM duplicates d JOIN leads l ON l.id = d.lead_id
LEFT JOIN up one ON one.duplicate = d.id AND one.lead = d.lead_id AND one.merged_into IS NULL
LEFT JOIN up other ON other.duplicate = d.id AND other.lead = d.of_lead_id AND other.merged_into IS NULL
LEFT JOIN feedback f ON f.id = d.id
WHERE d.state = $1 AND ($2::timestamptz IS NULL OR (d.at, d.id) > ($2, $3::uuid))
ORDER BY d.at, d.id LIMIT $4

-- name: export_duplicates
-- What became of leads that sales gave back as another one again, or of which it said so, oldest first.
SELECT lead_id, of_lead_id, at, state, why, settled_at, settled_by, settled_reason FROM duplicates
WHERE lead_id = ANY($1::uuid[]) OR of_lead_id = ANY($1::uuid[]) ORDER BY at, id

-- name: erase_duplicates
-- Of erased leads: nothing is asked any more, and no reason is kept.
UPDATE duplicates SET settled_reason = NULL,
    state = CASE WHEN state IN ('waits', 'asked') THEN 'gone' ELSE state END,
    settled_at = CASE WHEN state IN ('waits', 'asked') THEN $2 ELSE settled_at END
WHERE lead_id = ANY($1::uuid[]) OR of_lead_id = ANY($1::uuid[])
