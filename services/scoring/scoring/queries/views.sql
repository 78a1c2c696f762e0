-- name: one_submission
-- One submission as it came, and what became of it.
SELECT s.id, s.state, s.person_id, s.lead_ids, s.keys, s.duplicate_of, s.received_at, s.durable_at, s.stored_at,
    s.is_bulk, s.event, s.released_at, s.superseded_by, s.import_id, s.import_row, q.reason, q.detail
FROM submissions s LEFT JOIN quarantine q ON q.submission_id = s.id WHERE s.id = $1

-- name: list_leads
-- Leads, newest first, from a place in that order on.
SELECT l.*, p.profile FROM leads l JOIN persons p ON p.id = l.person_id
WHERE ($1::timestamptz IS NULL OR (l.opened_at, l.id) < ($1, $2::uuid))
    AND ($3::text IS NULL OR l.quadrant = $3) AND ($4::text IS NULL OR l.line = $4)
ORDER BY l.opened_at DESC, l.id DESC LIMIT $5

-- name: leads_of_email
-- Leads of the person with an e-mail and of all who turned out to be that person, otherwise as list_leads.
WITH RECURSIVE up AS (
    SELECT p.id, p.merged_into FROM identity_keys k JOIN persons p ON p.id = k.person_id
    WHERE k.kind = ANY($6::text[]) AND k.value = $7
    UNION
    SELECT p.id, p.merged_into FROM persons p JOIN up ON p.id = up.merged_into
), whole AS (
    SELECT id FROM up
    UNION
    SELECT p.id FROM persons p JOIN whole ON p.merged_into = whole.id
), theirs AS MATERIALIZED (
    SELECT l.* FROM leads l JOIN whole ON l.person_id = whole.id
)
SELECT l.*, p.profile FROM theirs l JOIN persons p ON p.id = l.person_id
WHERE ($1::timestamptz IS NULL OR (l.opened_at, l.id) < ($1, $2::uuid))
    AND ($3::text IS NULL OR l.quadrant = $3) AND ($4::text IS NULL OR l.line = $4)
ORDER BY l.opened_at DESC, l.id DESC LIMIT $5

-- name: leads_by_id_prefix
-- Leads whose ids lie between two, both included, otherwise as list_leads.
WITH these AS MATERIALIZED (SELECT * FROM leads WHERE id BETWEEN $6::uuid AND $7::uuid)
SELECT l.*, p.profile FROM these l JOIN persons p ON p.id = l.person_id
WHERE ($1::timestamptz IS NULL OR (l.opened_at, l.id) < ($1, $2::uuid))
    AND ($3::text IS NULL OR l.quadrant = $3) AND ($4::text IS NULL OR l.line = $4)
ORDER BY l.opened_at DESC, l.id DESC LIMIT $5

-- name: one_lead
-- One lead with its person's profile.
SELECT l.*, p.profile FROM leads l JOIN persons p ON p.id = l.person_id WHERE l.id = $1

-- name: other_open_leads
-- The other open leads of a lead's person.
SELECT o.id, o.line FROM leads l JOIN leads o ON o.person_id = l.person_id AND o.id <> l.id AND o.state = 'open'
WHERE l.id = $1 ORDER BY o.line

-- name: submissions_of_lead
-- A lead's submissions, oldest first: those of its person, of whoever was merged into that one, too.
WITH RECURSIVE whole AS (
    SELECT person_id AS id FROM leads WHERE id = $1
    UNION
    SELECT p.id FROM persons p JOIN whole ON p.merged_into = whole.id
), held AS (
    SELECT $1::uuid AS id
    UNION
    SELECT l.id FROM leads l JOIN held ON l.merged_into = held.id
)
SELECT s.id, s.form_id, s.state, s.received_at FROM submissions s JOIN whole ON s.person_id = whole.id
WHERE s.lead_ids && (SELECT array_agg(id) FROM held)
ORDER BY s.received_at, s.id LIMIT 200

-- name: score_of_lead
-- The score that holds, with its contributions.
SELECT s.* FROM leads l JOIN scores s ON s.lead_id = l.id AND s.seq = l.seq WHERE l.id = $1

-- name: whole_lead
-- A lead as it stands, unlocked.
SELECT * FROM leads WHERE id = $1

-- name: whole_person
-- A person as they stand, unlocked.
SELECT * FROM persons WHERE id = $1

-- name: submissions_by_prefix
-- Submissions whose ids lie between two, both included.
SELECT id AS submission_id, form_id, state, received_at FROM submissions WHERE id BETWEEN $1::uuid AND $2::uuid
ORDER BY id LIMIT $3
