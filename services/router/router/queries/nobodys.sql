-- Leads that wait although nobody of their pool may take them: who is to hear of them.

-- name: queues_of_nobody
-- Pools and lines with such leads that nobody heard of, once the first is as old as $1 and none was told since $2.
SELECT l.pool_id, l.line FROM leads l
WHERE l.state = 'held' AND l.hold_reason IN ('pool_empty', 'needs_unmet', 'no_rule_matched') AND NOT l.is_test
    AND (l.hold_told_at IS NULL OR l.hold_told_at < l.held_since) AND (l.relax_at IS NULL OR l.relax_at <= $3)
    AND NOT EXISTS (
        SELECT FROM leads o
        WHERE o.hold_told_at > $2 AND o.pool_id IS NOT DISTINCT FROM l.pool_id AND o.line = l.line
    )
GROUP BY l.pool_id, l.line HAVING min(l.held_since) <= $1 ORDER BY l.pool_id, l.line

-- name: take_of_nobody
-- Such leads of a pool ($1, null: of none) and line, the best first, as told at $3; those locked come next time.
UPDATE leads SET hold_told_at = $3 WHERE id IN (
    SELECT l.id FROM leads l
    WHERE l.state = 'held' AND l.hold_reason IN ('pool_empty', 'needs_unmet', 'no_rule_matched') AND NOT l.is_test
        AND (l.hold_told_at IS NULL OR l.hold_told_at < l.held_since) AND (l.relax_at IS NULL OR l.relax_at <= $3)
        AND l.pool_id IS NOT DISTINCT FROM $1 AND l.line = $2
    ORDER BY l.rank, l.received_at, l.id LIMIT $4 FOR NO KEY UPDATE SKIP LOCKED
) RETURNING id, rank, received_at

-- name: who_leads
-- Who leads the first of the teams $1 that somebody leads, else a team of the reps $2.
SELECT t.id AS team_id, t.lead FROM teams t
JOIN reps l ON l.id = t.lead AND l.left_at IS NULL
WHERE t.id = ANY($1::text[]) OR t.id IN (SELECT team FROM reps WHERE id = ANY($2::text[]))
ORDER BY array_position($1::text[], t.id) NULLS LAST, t.id LIMIT 1

-- name: still_of_nobody
-- Of these leads those that still wait so, the best first.
SELECT id, profile, quadrant, pool_id, line FROM leads
WHERE id = ANY($1::uuid[]) AND state = 'held' AND hold_reason IN ('pool_empty', 'needs_unmet', 'no_rule_matched')
ORDER BY rank, received_at, id
