-- After a restore: what stands on scoring's own topics and not in its store.

-- name: keep_numbers
-- How far states of leads were numbered.
INSERT INTO numbers_read_back (lead_id, seq)
SELECT lead_id, max(seq) FROM unnest($1::uuid[], $2::bigint[]) AS n (lead_id, seq) GROUP BY lead_id ORDER BY lead_id
ON CONFLICT (lead_id) DO UPDATE SET seq = greatest(numbers_read_back.seq, excluded.seq)

-- name: numbers_of
-- How far these leads were numbered.
SELECT lead_id, seq FROM numbers_read_back WHERE lead_id = ANY($1::uuid[])

-- name: raise_numbers
-- Leads that are there count on from the number they had; those busy, and those still to be read again, come later.
WITH behind AS (
    SELECT l.id, n.seq FROM numbers_read_back n JOIN leads l ON l.id = n.lead_id
    ORDER BY l.id LIMIT $1 FOR UPDATE OF l SKIP LOCKED
), raised AS (
    UPDATE leads SET seq = behind.seq FROM behind WHERE leads.id = behind.id AND leads.seq < behind.seq
)
DELETE FROM numbers_read_back WHERE lead_id IN (SELECT id FROM behind)
