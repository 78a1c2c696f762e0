-- Pools, the memory of turns, and who has room.

-- name: insert_pools
-- Rows for the pools of a new version of the rulebook.
INSERT INTO pools (id) SELECT unnest($1::text[]) ON CONFLICT DO NOTHING

-- name: lock_pools
-- Pools by id.
SELECT * FROM pools WHERE id = ANY($1::text[]) ORDER BY id FOR NO KEY UPDATE

-- name: lock_every_pool
-- All pools by id.
SELECT id FROM pools ORDER BY id FOR NO KEY UPDATE

-- name: memory_of_pools
-- What pools by id remember of turns and value, without locks.
SELECT id, steps, turn_weights, value_floor, value_mean FROM pools WHERE id = ANY($1::text[]) ORDER BY id

-- name: read_turns
-- What the strategies of locked pools remember of reps.
SELECT pool_id, rep_id, carried, served, level FROM turns WHERE pool_id = ANY($1::text[])

-- name: take_load
-- One more open lead for a rep, or several, never beyond capacity: a rep missing from the answer had no room.
UPDATE reps r SET open = r.open + n.taken, last_assigned_at = $3
FROM unnest($1::text[], $2::integer[]) AS n (id, taken)
WHERE r.id = n.id AND (r.open + n.taken <= r.capacity OR $4)
RETURNING r.id

-- name: free_load
-- Open leads that ended.
UPDATE reps r SET open = r.open - n.freed FROM unnest($1::text[], $2::integer[]) AS n (id, freed) WHERE r.id = n.id

-- name: update_pools
-- Writes back locked pools.
UPDATE pools p SET drain_due = n.drain_due, next_opening = n.next_opening
FROM unnest($1::text[], $2::boolean[], $3::timestamptz[]) AS n (id, drain_due, next_opening)
WHERE p.id = n.id AND (p.drain_due, p.next_opening) IS DISTINCT FROM (n.drain_due, n.next_opening)

-- name: update_steps
-- Writes how many leads a set of reps has been handed.
UPDATE pools p SET steps = n.steps FROM unnest($1::text[], $2::bigint[]) AS n (id, steps) WHERE p.id = n.id

-- name: update_sets
-- Writes which set of reps takes turns now, with their weights.
UPDATE pools p SET turn_weights = n.weights FROM unnest($1::text[], $2::jsonb[]) AS n (id, weights) WHERE p.id = n.id

-- name: update_worth
-- Writes what a pool remembers of value.
UPDATE pools p SET value_floor = n.floor, value_mean = n.mean
FROM unnest($1::text[], $2::double precision[], $3::double precision[]) AS n (id, floor, mean)
WHERE p.id = n.id

-- name: upsert_turns
-- Writes back whose turn it is.
INSERT INTO turns (pool_id, rep_id, carried, served)
SELECT * FROM unnest($1::text[], $2::text[], $3::double precision[], $4::integer[])
ON CONFLICT (pool_id, rep_id) DO UPDATE SET carried = excluded.carried, served = excluded.served

-- name: upsert_levels
-- Writes back what reps were handed by value.
INSERT INTO turns (pool_id, rep_id, carried, level)
SELECT n.pool, n.rep, 0, n.level FROM unnest($1::text[], $2::text[], $3::double precision[]) AS n (pool, rep, level)
ON CONFLICT (pool_id, rep_id) DO UPDATE SET level = excluded.level

-- name: note_openings
-- Pools whose next rep has come to work: a drain is due.
UPDATE pools SET drain_due = true, next_opening = NULL
WHERE id IN (SELECT id FROM pools WHERE next_opening <= $1 ORDER BY id FOR NO KEY UPDATE)

-- name: pools_to_drain
-- Pools in which a held lead may find a rep.
SELECT id FROM pools WHERE drain_due ORDER BY id

-- name: mark_drain_due
-- Pools of a rep who can take more than before.
UPDATE pools SET drain_due = true WHERE id = ANY($1::text[])

-- name: rest_pool
-- A pool that the rulebook in force does not know: nothing to drain.
UPDATE pools SET drain_due = false, next_opening = NULL WHERE id = $1

-- name: lock_load
-- What reps have in hand, locked by id.
SELECT id, revision, open, last_assigned_at, pace_seconds FROM reps
WHERE id = ANY($1::text[]) ORDER BY id FOR NO KEY UPDATE

-- name: reps_in_full
-- Reps by id, without locks.
SELECT * FROM reps WHERE id = ANY($1::text[])

-- name: load_of_reps
-- What reps have in hand, without locks.
SELECT id, revision, open, last_assigned_at, pace_seconds FROM reps WHERE id = ANY($1::text[]) ORDER BY id
