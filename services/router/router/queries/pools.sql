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

-- name: read_turns
-- The memory of locked pools.
SELECT pool_id, rep_id, carried, lag FROM turns WHERE pool_id = ANY($1::text[])

-- name: take_load
-- One more open lead for a rep, or several, never beyond capacity: a rep missing from the answer had no room.
UPDATE reps r SET open = r.open + n.taken
FROM unnest($1::text[], $2::integer[]) AS n (id, taken)
WHERE r.id = n.id AND r.open + n.taken <= r.capacity
RETURNING r.id

-- name: free_load
-- Open leads that ended.
UPDATE reps r SET open = r.open - n.freed FROM unnest($1::text[], $2::integer[]) AS n (id, freed) WHERE r.id = n.id

-- name: update_pools
-- Writes back locked pools.
UPDATE pools p SET drain_due = n.drain_due, next_opening = n.next_opening, turn_weights = n.turn_weights
FROM unnest($1::text[], $2::boolean[], $3::timestamptz[], $4::jsonb[])
    AS n (id, drain_due, next_opening, turn_weights)
WHERE p.id = n.id

-- name: upsert_turns
-- Writes back the memory of turns.
INSERT INTO turns (pool_id, rep_id, carried, lag)
SELECT * FROM unnest($1::text[], $2::text[], $3::double precision[], $4::bigint[])
ON CONFLICT (pool_id, rep_id) DO UPDATE SET carried = excluded.carried, lag = excluded.lag

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
