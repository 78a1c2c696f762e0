-- Open leads follow another plan.

-- name: newest_plan_change
-- The version that came into force here last.
SELECT version, before, at, cursor, moved, finished_at FROM plan_changes ORDER BY at DESC, version DESC LIMIT 1
FOR NO KEY UPDATE

-- name: insert_plan_change
-- A version came into force; with $4, nothing follows from it.
INSERT INTO plan_changes (version, before, at, finished_at) VALUES ($1, $2, $3::timestamptz, CASE WHEN $4 THEN $3::timestamptz END)
ON CONFLICT (version) DO UPDATE SET before = excluded.before, at = excluded.at, cursor = NULL, finished_at = NULL

-- name: finish_plan_change
-- All open leads have been looked at, or another version came into force.
UPDATE plan_changes SET finished_at = $2 WHERE version = $1

-- name: advance_plan_change
-- How far one has come.
UPDATE plan_changes SET cursor = $2, moved = moved + $3 WHERE version = $1

-- name: open_leads_after
-- Open leads in order of id, after one.
SELECT * FROM leads WHERE state IN ('held', 'assigned') AND ($1::uuid IS NULL OR id > $1) ORDER BY id LIMIT $2

-- name: plan_changes
-- Versions as they came into force, newest first.
SELECT version, before, at, moved, finished_at FROM plan_changes ORDER BY at DESC, version DESC LIMIT $1
