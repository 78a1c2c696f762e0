-- name: merges_of
-- Merges in which a person was found to be another's, or another to be theirs, the newest first.
SELECT id, survivor, other, at, undone_at FROM merges WHERE other = $1 OR survivor = $1 ORDER BY at DESC, id DESC

-- name: list_merges
-- Merges, the newest first, of a person and whoever they were merged with or of all; from a place in that order on.
WITH RECURSIVE up AS (
    SELECT id, merged_into FROM persons WHERE id = $1::uuid
    UNION
    SELECT p.id, p.merged_into FROM persons p JOIN up ON p.id = up.merged_into
), whole AS (
    SELECT id FROM up
    UNION
    SELECT p.id FROM persons p JOIN whole ON p.merged_into = whole.id
)
SELECT m.at, m.other AS person_id, m.survivor AS merged_into, m.submission_id, m.leads_ended, m.leads_moved,
    m.undone_at, a.by AS undone_by, a.reason AS undone_reason, m.at + $5::interval AS undo_until,
    o.profile->>'name' AS name, s.profile->>'name' AS merged_into_name
FROM merges m
LEFT JOIN person_acts a ON a.id = m.act_id
LEFT JOIN persons o ON o.id = m.other
LEFT JOIN persons s ON s.id = m.survivor
WHERE ($1::uuid IS NULL OR m.other = $1 OR m.survivor = $1 OR m.other IN (SELECT id FROM whole))
    AND ($2::timestamptz IS NULL OR (m.at, m.other) < ($2, $3::uuid))
ORDER BY m.at DESC, m.other DESC LIMIT $4

-- name: keep_apart
-- Pairs of keys that make no two persons one from now on, the lesser key of each first.
INSERT INTO kept_apart (kind, value, other_kind, other_value, act_id, at)
SELECT kind, value, other_kind, other_value, $1, $2
FROM unnest($3::text[], $4::text[], $5::text[], $6::text[]) AS pairs (kind, value, other_kind, other_value)
ON CONFLICT DO NOTHING

-- name: note_undone
-- By which act merges were undone.
UPDATE merges SET undone_at = $2, act_id = $3
WHERE undone_at IS NULL AND (id = $1 OR other = ANY($4::uuid[]))
