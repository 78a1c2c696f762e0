-- What reps do.

-- name: insert_act
-- Keeps an act and its answer.
INSERT INTO acts (id, lead_id, rep_id, round, kind, at, key, content, answer, progressed_seq, proof, contact)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)

-- name: acts_of_rep
-- What a rep did on a lead, oldest first.
SELECT kind, content, key, round, at, answer FROM acts WHERE lead_id = $1 AND rep_id = $2
ORDER BY at, progressed_seq NULLS FIRST, id

-- name: last_round_of
-- The last round of a lead, of a rep ($2) or, without one, of whoever had it.
SELECT rep_id, assigned_at FROM assignments WHERE lead_id = $1 AND ($2::text IS NULL OR rep_id = $2)
ORDER BY round DESC LIMIT 1

-- name: rounds_of_rep
-- The rounds a rep had on a lead, oldest first.
SELECT round, ended_by, ended_at FROM assignments WHERE lead_id = $1 AND rep_id = $2 ORDER BY round
