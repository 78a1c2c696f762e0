-- name: list_quarantine
-- Submissions that wait for a person, newest first, from a place in that order on.
SELECT q.submission_id, q.form_id, q.reason, q.detail, q.received_at, q.stored_at, q.action_id
FROM quarantine q
WHERE ($1::text IS NULL OR q.form_id = $1) AND ($2::text IS NULL OR q.reason = $2)
    AND ($3::timestamptz IS NULL OR q.received_at >= $3) AND ($4::timestamptz IS NULL OR q.received_at < $4)
    AND ($5::uuid[] IS NULL OR q.submission_id = ANY($5))
    AND ($6::text IS NULL OR q.detail ILIKE $6 OR EXISTS (
        SELECT 1 FROM submissions s WHERE s.id = q.submission_id AND (s.event -> 'fields')::text ILIKE $6))
    AND ($7::timestamptz IS NULL OR (q.stored_at, q.submission_id) < ($7, $8::uuid))
ORDER BY q.stored_at DESC, q.submission_id DESC LIMIT $9

-- name: count_quarantine
-- How many wait by form and reason; decided: released and not yet taken again, or about to be refused.
SELECT q.form_id, q.reason, count(*) FILTER (WHERE q.action_id IS NULL) AS waiting,
    count(*) FILTER (WHERE q.action_id IS NOT NULL) AS decided, min(q.received_at) AS oldest
FROM quarantine q
WHERE ($1::text IS NULL OR q.form_id = $1) AND ($2::text IS NULL OR q.reason = $2)
    AND ($3::timestamptz IS NULL OR q.received_at >= $3) AND ($4::timestamptz IS NULL OR q.received_at < $4)
    AND ($5::uuid[] IS NULL OR q.submission_id = ANY($5))
    AND ($6::text IS NULL OR q.detail ILIKE $6 OR EXISTS (
        SELECT 1 FROM submissions s WHERE s.id = q.submission_id AND (s.event -> 'fields')::text ILIKE $6))
GROUP BY q.form_id, q.reason ORDER BY q.form_id, q.reason

-- name: take_hold
-- What waits and matches is this action's from now on, and no other one's; locked by id.
WITH held AS (
    SELECT q.submission_id FROM quarantine q
    WHERE q.action_id IS NULL AND ($1::text IS NULL OR q.form_id = $1) AND ($2::text IS NULL OR q.reason = $2)
        AND ($3::timestamptz IS NULL OR q.received_at >= $3) AND ($4::timestamptz IS NULL OR q.received_at < $4)
        AND ($5::uuid[] IS NULL OR q.submission_id = ANY($5))
        AND ($6::text IS NULL OR q.detail ILIKE $6 OR EXISTS (
            SELECT 1 FROM submissions s WHERE s.id = q.submission_id AND (s.event -> 'fields')::text ILIKE $6))
    ORDER BY q.submission_id LIMIT $8 FOR UPDATE
), taken AS (
    UPDATE quarantine q SET action_id = $7 FROM held WHERE q.submission_id = held.submission_id
    RETURNING q.submission_id
)
SELECT count(*) FROM taken

-- name: insert_action
-- Who decided what, and why.
INSERT INTO quarantine_actions (id, kind, filter, by, why, at, matched, is_bulk, finished_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)

-- name: one_action
-- An action and how far it is.
SELECT id AS action_id, kind, filter, by, why, at, matched, is_bulk, done, set_aside, finished_at
FROM quarantine_actions WHERE id = $1

-- name: list_actions
-- What was decided last.
SELECT id AS action_id, kind, filter, by, why, at, matched, is_bulk, done, set_aside, finished_at
FROM quarantine_actions ORDER BY at DESC, id DESC LIMIT $1

-- name: open_actions
-- Actions that are not finished, oldest first.
SELECT id FROM quarantine_actions WHERE finished_at IS NULL ORDER BY at, id

-- name: lock_action
-- One chunk of an action at a time.
SELECT id, kind, by, is_bulk FROM quarantine_actions WHERE id = $1 AND finished_at IS NULL FOR UPDATE

-- name: next_of_action
-- What an action has taken hold of and not dealt with yet.
SELECT submission_id FROM quarantine WHERE action_id = $1 AND sent_at IS NULL
ORDER BY submission_id LIMIT $2 FOR UPDATE

-- name: events_of
-- Submissions as they are stored, to be sent again.
SELECT id, event FROM submissions WHERE id = ANY($1::uuid[]) AND state = 'quarantined' ORDER BY id

-- name: mark_sent
-- These are on their way; each waits here until it is taken again.
UPDATE quarantine SET sent_at = $2 WHERE submission_id = ANY($1::uuid[])

-- name: set_aside
-- These cannot be sent again: they wait for another decision, and say why.
UPDATE quarantine q SET action_id = NULL, reason = 'unreadable', detail = broken.detail
FROM unnest($1::uuid[], $2::text[]) AS broken (id, detail) WHERE q.submission_id = broken.id

-- name: note_set_aside
-- What an action could not deal with.
UPDATE quarantine_actions SET set_aside = set_aside || $2::jsonb WHERE id = $1

-- name: refuse_submissions
-- These become no leads; those that became one meanwhile stay what they are.
UPDATE submissions SET state = 'refused' WHERE id = ANY($1::uuid[]) AND state = 'quarantined'
RETURNING id

-- name: insert_decisions
-- What was decided of each, while its reason still stands in quarantine.
INSERT INTO quarantine_decisions (submission_id, action_id, form_id, reason, detail, received_at, decided_at)
SELECT submission_id, $2, form_id, reason, detail, received_at, $3 FROM quarantine WHERE submission_id = ANY($1::uuid[])
ON CONFLICT DO NOTHING

-- name: leave_quarantine
-- These wait no more.
DELETE FROM quarantine WHERE submission_id = ANY($1::uuid[])

-- name: advance_action
-- So many more are dealt with; finished at the moment given, if it is given.
UPDATE quarantine_actions SET done = done + $2, finished_at = $3 WHERE id = $1

-- name: decisions_on
-- What was decided of one submission, oldest first.
SELECT a.kind, a.by, a.why, a.at, d.reason, d.detail FROM quarantine_decisions d JOIN quarantine_actions a
    ON a.id = d.action_id
WHERE d.submission_id = $1 ORDER BY a.at, a.id
