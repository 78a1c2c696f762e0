-- Leads that scorecards are compared on.

-- name: leads_to_compare
-- Open leads of a line and those that sales has ended, the newest first, from a place in that order on.
SELECT l.*, h.at AS handed_at FROM leads l LEFT JOIN first_handoffs h ON h.lead_id = l.id
WHERE l.line = $1 AND NOT l.is_test
    AND (l.state = 'open' OR l.state = 'closed' AND l.close_reason IN ('won', 'lost', 'rejected', 'recycled'))
    AND ($2::timestamptz IS NULL OR (l.opened_at, l.id) < ($2, $3::uuid))
ORDER BY l.opened_at DESC, l.id DESC LIMIT $4

-- name: count_leads_to_compare
-- How many there are, at most so many.
SELECT count(*) FROM (
    SELECT 1 FROM leads l WHERE l.line = $1 AND NOT l.is_test
        AND (l.state = 'open' OR l.state = 'closed' AND l.close_reason IN ('won', 'lost', 'rejected', 'recycled'))
    LIMIT $2) AS found

-- name: persons_with_survivors
-- Persons and all that they were merged into, unlocked.
WITH RECURSIVE chain AS (
    SELECT id, merged_into FROM persons WHERE id = ANY($1::uuid[])
    UNION
    SELECT p.id, p.merged_into FROM persons p JOIN chain ON p.id = chain.merged_into
)
SELECT persons.* FROM persons JOIN chain USING (id)
