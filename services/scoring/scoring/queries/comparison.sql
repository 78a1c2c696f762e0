-- Leads that scorecards are compared on.

-- name: leads_to_compare
-- Open leads of a line and those that sales has ended, the newest first, from a place in that order on; without what
-- was given back and ended by a later lead.
SELECT l.*, first_handed(l.id) AS handed_at FROM leads l
WHERE l.line = $1 AND is_marketings(l.id, l.is_test, l.origins)
    AND (l.state = 'open' OR l.state = 'closed' AND (l.close_reason IN ('won', 'lost', 'rejected')
        OR l.close_reason = 'recycled' AND NOT ended_again(l.person_id, l.line, l.closed_at)))
    AND (l.opened_at, l.id) < (coalesce($2::timestamptz, 'infinity'), coalesce($3::uuid, '00000000-0000-0000-0000-000000000000'))
ORDER BY l.opened_at DESC, l.id DESC LIMIT $4

-- name: count_leads_to_compare
-- How many there are, at most so many.
SELECT count(*) FROM (
    SELECT 1 FROM leads l WHERE l.line = $1 AND is_marketings(l.id, l.is_test, l.origins)
        AND (l.state = 'open' OR l.state = 'closed' AND (l.close_reason IN ('won', 'lost', 'rejected')
            OR l.close_reason = 'recycled' AND NOT ended_again(l.person_id, l.line, l.closed_at)))
    LIMIT $2) AS found

-- name: persons_with_survivors
-- Persons and all that they were merged into, unlocked.
WITH RECURSIVE chain AS (
    SELECT id, merged_into FROM persons WHERE id = ANY($1::uuid[])
    UNION
    SELECT p.id, p.merged_into FROM persons p JOIN chain ON p.id = chain.merged_into
)
SELECT persons.* FROM persons JOIN chain USING (id)
