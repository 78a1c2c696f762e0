-- Open leads scored again under another scorecard.

-- name: version_noted
-- Up to which version of the rulebook rescorings have been ordered; one instance at a time looks.
SELECT rulebook_version FROM scorecards_noted FOR UPDATE

-- name: note_version
-- Rescorings have been ordered up to this version.
INSERT INTO scorecards_noted (rulebook_version, at) VALUES ($1, $2)
ON CONFLICT (single) DO UPDATE SET rulebook_version = excluded.rulebook_version, at = excluded.at

-- name: supersede_rescoring
-- Whatever is under way for a line ends: another one begins. Whether it was to tell every lead.
UPDATE rescorings SET finished_at = $2, superseded_by = $3 WHERE line = $1 AND finished_at IS NULL RETURNING is_told

-- name: insert_rescoring
-- The open leads of a line are to be scored again.
INSERT INTO rescorings (id, line, kind, is_told, rulebook_version, at, by, why, leads)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, (SELECT count(*) FROM leads WHERE line = $2 AND state = 'open'))

-- name: one_rescoring
-- A rescoring and how far it is.
SELECT id AS rescoring_id, line, kind, is_told, rulebook_version, at, by, why, leads, began_at, reached_at, seen, late,
    changed, published, moved, set_aside, finished_at, superseded_by
FROM rescorings WHERE id = $1

-- name: list_rescorings
-- Rescorings, the last first.
SELECT id AS rescoring_id, line, kind, is_told, rulebook_version, at, by, why, leads, began_at, reached_at, seen, late,
    changed, published, moved, set_aside, finished_at, superseded_by
FROM rescorings ORDER BY number DESC LIMIT $1

-- name: due_rescorings
-- Rescorings that are not finished, oldest first.
SELECT id FROM rescorings WHERE finished_at IS NULL ORDER BY number

-- name: lock_rescoring
-- One chunk of a rescoring at a time; $2 also where it is finished.
SELECT id, line, is_told, at, reached, moved, set_aside FROM rescorings
WHERE id = $1 AND (finished_at IS NULL OR $2) FOR UPDATE

-- name: last_of_lines
-- The last rescoring of each line, and whether it came to its end.
SELECT DISTINCT ON (line) id, line, rulebook_version, finished_at IS NOT NULL AND superseded_by IS NULL AS is_done
FROM rescorings ORDER BY line, number DESC

-- name: leads_to_rescore
-- Open leads of a line by id, from one on, unlocked. From none on is from the lowest: with `IS NULL OR` a plan that is kept for later pages reads all that was passed before each.
SELECT id FROM leads
WHERE line = $1 AND state = 'open' AND id > coalesce($2::uuid, '00000000-0000-0000-0000-000000000000')
ORDER BY id LIMIT $3

-- name: leads_by_versions
-- Open leads of a line that one of these versions of the rulebook scored last, unlocked.
SELECT id FROM leads WHERE line = $1 AND state = 'open' AND rulebook_version = ANY($2::int[]) LIMIT $3

-- name: advance_rescoring
-- How far a rescoring is; finished at the moment given, if it is given.
UPDATE rescorings SET began_at = coalesce(began_at, $2), reached = coalesce($3, reached), reached_at = $4,
    seen = seen + $5, late = late + $6, changed = changed + $7, published = published + $8, moved = $9, set_aside = $10,
    finished_at = coalesce(finished_at, $11)
WHERE id = $1
