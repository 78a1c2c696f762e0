-- name: insert_replay
-- A replay that somebody asked for.
INSERT INTO replays (id, form_id, since, until, by, why, at, rulebook_version, starts_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)

-- name: one_replay
-- A replay and how far it is.
SELECT id AS replay_id, form_id, since, until, by, why, at, rulebook_version, starts_at, reached_at, seen, counts,
    set_aside, error, finished_at
FROM replays WHERE id = $1

-- name: list_replays
-- What was asked for last.
SELECT id AS replay_id, form_id, since, until, by, why, at, rulebook_version, starts_at, reached_at, seen, counts,
    set_aside, error, finished_at
FROM replays ORDER BY at DESC, id DESC LIMIT $1

-- name: due_replays
-- Replays that are not finished and may begin, oldest first.
SELECT id FROM replays WHERE finished_at IS NULL AND starts_at <= $1 ORDER BY at, id

-- name: lock_replay
-- One chunk of a replay at a time.
SELECT id, form_id, since, until, by, starts_at, reached_at, reached_id, counts, set_aside
FROM replays WHERE id = $1 AND finished_at IS NULL FOR UPDATE

-- name: submissions_to_map
-- Stored submissions of a form in order of reception, from a place in that order on; those put right since are done.
SELECT s.id, s.event, s.state, s.received_at, q.reason
FROM submissions s LEFT JOIN quarantine q ON q.submission_id = s.id
WHERE s.form_id = $1 AND s.received_at >= $2 AND s.received_at < $3
    AND (s.received_at, s.id)
        > (coalesce($4::timestamptz, '-infinity'), coalesce($5::uuid, '00000000-0000-0000-0000-000000000000'))
    AND s.state IN ('opened', 'joined', 'quarantined') AND s.superseded_by IS NULL AND s.stripped_at IS NULL
ORDER BY s.received_at, s.id LIMIT $6

-- name: advance_replay
-- How far a replay is; finished at the moment given, if it is given.
UPDATE replays SET reached_at = coalesce($2, reached_at), reached_id = coalesce($3, reached_id), seen = seen + $4,
    counts = $5, finished_at = $6, set_aside = $7
WHERE id = $1

-- name: give_up_replay
-- A replay that cannot go on, with the reason.
UPDATE replays SET error = $2, finished_at = $3 WHERE id = $1
