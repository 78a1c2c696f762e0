-- Reps as data, their changes and their tokens.

-- name: lock_reps
-- Reps by id.
SELECT * FROM reps WHERE id = ANY($1::text[]) ORDER BY id FOR NO KEY UPDATE

-- name: roster
-- All reps, without locks: who belongs to which pool.
SELECT id, team, email FROM reps ORDER BY id

-- name: insert_reps
-- New reps of a version of the rulebook; known ones stay as they are.
INSERT INTO reps
    (id, name, email, team, lines, languages, weight, capacity, calendar, hours, absences, document)
SELECT n.id, n.name, n.email, n.team, string_to_array(n.lines, ','), string_to_array(n.languages, ','), n.weight,
       n.capacity, n.calendar, n.hours, n.absences::jsonb, n.document
FROM unnest(
    $1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::integer[], $8::integer[],
    $9::text[], $10::jsonb[], $11::text[], $12::jsonb[]
) AS n (id, name, email, team, lines, languages, weight, capacity, calendar, hours, absences, document)
ON CONFLICT (id) DO NOTHING RETURNING id

-- name: all_reps
-- The roster in full.
SELECT * FROM reps ORDER BY id

-- name: one_rep
-- One rep.
SELECT * FROM reps WHERE id = $1

-- name: update_rep
-- Writes a rep's changed roster data.
UPDATE reps SET weight = $2, capacity = $3, is_active = $4, hours = $5, absences = $6, document = $7, revision = $8
WHERE id = $1

-- name: insert_rep_change
-- Audit of a change to a rep.
INSERT INTO rep_changes (rep_id, changed_at, changed_by, before, after) VALUES ($1, $2, $3, $4, $5)

-- name: insert_token
-- A rep's token, hashed.
INSERT INTO rep_tokens (token_hash, rep_id, created_at) VALUES ($1, $2, $3)

-- name: rep_of_token
-- Whose token it is.
SELECT r.id FROM rep_tokens t JOIN reps r ON r.id = t.rep_id WHERE t.token_hash = $1
