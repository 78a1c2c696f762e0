-- Objections and incidents (disputes.py, api.py).

-- name: given_back
-- A lead that sales gave back, by the lead or by the act itself.
SELECT lead_id, given_fact AS subject, given_at AS happened_at FROM ledger
WHERE given_fact IS NOT NULL AND (lead_id = $1 OR given_fact = $2)

-- name: breaches
-- Promises of a lead that were said to be broken, or one by its own id: those that bind first, the one that broke last before the others.
SELECT id AS subject, lead_id, kind, round, state, is_test OR is_trial AS binds_nobody, coalesce(
    (SELECT max(fired_at) FROM firings WHERE timer_id = timers.id AND split_part(level, ':', 1) = 'breach'), due_at
) AS happened_at
FROM timers
WHERE breaches > 0 AND (id = $2 OR lead_id = $1 AND ($3::text IS NULL OR kind = $3) AND ($4::int IS NULL OR round = $4))
ORDER BY is_test OR is_trial, state = 'breached' DESC, due_at DESC, id

-- name: objection_to
-- What was held against something before.
SELECT * FROM objections WHERE subject = $1

-- name: insert_objection
-- Somebody objects; nothing is returned where somebody did before. Nothing is written down about an erased person. Shown as list_objections does.
WITH made AS (
    INSERT INTO objections (id, about, subject, lead_id, side, by, at, reason, happened_at)
    VALUES (
        $1, $2, $3, $4, $5, $6, $7,
        CASE WHEN EXISTS (SELECT FROM leads WHERE leads.id = $4 AND state = 'erased') THEN '' ELSE $8 END, $9
    )
    ON CONFLICT ON CONSTRAINT one_objection_a_subject DO NOTHING
    RETURNING *
)
SELECT made.*, kind, round, rep_id, due_at FROM made LEFT JOIN timers ON timers.id = made.subject

-- name: lock_objection
-- One objection, for who decides it.
SELECT * FROM objections WHERE id = $1 FOR UPDATE

-- name: decide_objection
-- How it was decided, by whom and why. Nothing is written down about an erased person. Shown as list_objections does.
WITH decided AS (
    UPDATE objections SET
        verdict = $2, decided_by = $3, decided_at = $4,
        why = CASE WHEN EXISTS (SELECT FROM leads WHERE leads.id = objections.lead_id AND state = 'erased') THEN '' ELSE $5 END
    WHERE id = $1 RETURNING *
)
SELECT decided.*, kind, round, rep_id, due_at FROM decided LEFT JOIN timers ON timers.id = decided.subject

-- name: list_objections
-- A page of objections, the newest first, each with the promise that was broken; a filter that is null holds for all.
SELECT objections.*, kind, round, rep_id, due_at
FROM objections LEFT JOIN timers ON timers.id = subject
WHERE ($1::bool IS NULL OR (verdict IS NULL) = $1) AND ($2::text IS NULL OR side = $2)
    AND (at, objections.id) < ($3::timestamptz, $4::uuid)
ORDER BY at DESC, objections.id DESC LIMIT $5

-- name: forget_words
-- What was written about leads of an erased person goes; who objected to what and how it ended stays.
UPDATE objections SET reason = '', why = CASE WHEN why IS NULL THEN NULL ELSE '' END
WHERE lead_id = ANY($1::uuid[])

-- name: insert_incident
-- A window in which nobody is to blame.
INSERT INTO incidents (id, from_at, until_at, why, by, at) VALUES ($1, $2, $3, $4, $5, $6) RETURNING *

-- name: lock_incident
-- One window, for who takes it back.
SELECT * FROM incidents WHERE id = $1 FOR UPDATE

-- name: retract_incident
-- It excuses nothing any more, and stays.
UPDATE incidents SET retracted_by = $2, retracted_at = $3 WHERE id = $1 RETURNING *

-- name: list_incidents
-- Windows, the newest first, those taken back too, and how many breaches that bind lie in each.
SELECT incidents.*, (
    SELECT count(*) FROM timers
    WHERE state = 'breached' AND coalesce(due_at, 'infinity'::timestamptz) BETWEEN from_at AND until_at
        AND NOT (is_test OR is_trial)
) AS breaches
FROM incidents ORDER BY from_at DESC, id LIMIT $1

-- name: share_closing
-- As everybody does who changes what months are counted from.
SELECT pg_advisory_xact_lock_shared(hashtextextended('baton ' || current_schema() || ' closing', 0))

-- name: note_excused
-- That an excused subject may change a signed month.
INSERT INTO changed_since_closing (subject, is_promise)
SELECT $1, $2 WHERE EXISTS (SELECT FROM months)

-- name: note_excused_window
-- That the breaches of a window may change signed months.
INSERT INTO changed_since_closing (subject, is_promise)
SELECT id, true FROM timers
WHERE state = 'breached' AND coalesce(due_at, 'infinity'::timestamptz) BETWEEN $1 AND $2
    AND due_at < (SELECT max(ends_at) FROM months)
