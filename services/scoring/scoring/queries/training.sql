-- name: ended_leads
-- Leads that sales has ended, or with $2 also open ones with an outcome, oldest first, from a place in that order on; those that say nothing of marketing are left out, and what was given back and ended by a later lead.
SELECT l.id, l.line, l.opened_at, l.origins->0 AS origin, l.closed_at, l.close_reason, first_handed(l.id) AS handed_at
FROM leads l
WHERE is_marketings(l.id, l.is_test, l.origins) AND ($1::text IS NULL OR l.line = $1) AND ($3::timestamptz IS NULL OR l.opened_at >= $3)
    AND (l.opened_at, l.id) > (coalesce($4::timestamptz, '-infinity'), coalesce($5::uuid, '00000000-0000-0000-0000-000000000000'))
    AND (l.state = 'closed' AND (l.close_reason IN ('rejected', 'won', 'lost')
            OR l.close_reason = 'recycled' AND NOT ended_again(l.person_id, l.line, l.closed_at))
        OR $2 AND l.state = 'open' AND EXISTS (SELECT FROM feedback f WHERE f.lead_id = l.id AND f.kind = 'outcome'))
ORDER BY l.opened_at, l.id LIMIT $6

-- name: submissions_before
-- What the persons of leads, and whoever is one with them, sent before a moment of each lead, oldest first; is_own: the lead, or one that ended in it, holds it.
WITH RECURSIVE asked AS (
    SELECT given.lead, given.moment, l.person_id FROM unnest($1::uuid[], $2::timestamptz[]) AS given (lead, moment)
    JOIN leads l ON l.id = given.lead
), up AS (
    SELECT a.lead, p.id, p.merged_into FROM asked a JOIN persons p ON p.id = a.person_id
    UNION
    SELECT up.lead, p.id, p.merged_into FROM up JOIN persons p ON p.id = up.merged_into
), whole AS (
    SELECT lead, id FROM up
    UNION
    SELECT w.lead, p.id FROM whole w JOIN persons p ON p.merged_into = w.id
), held AS (
    SELECT lead, lead AS id FROM asked
    UNION
    SELECT held.lead, l.id FROM held JOIN leads l ON l.merged_into = held.id
)
SELECT asked.lead, s.event - 'fields' - 'raw' || '{"fields": {}}'::jsonb AS event,
    s.lead_ids && array(SELECT id FROM held WHERE held.lead = asked.lead) AS is_own
FROM asked JOIN whole ON whole.lead = asked.lead JOIN submissions s ON s.person_id = whole.id
WHERE s.state IN ('opened', 'joined') AND s.superseded_by IS NULL
    AND (asked.moment IS NULL OR s.received_at < asked.moment)
ORDER BY s.received_at, s.id

-- name: names_of_leads
-- By what acts of the persons of leads are known: keys that identify, and browsers.
WITH RECURSIVE up AS (
    SELECT l.id AS lead, p.id, p.merged_into FROM leads l JOIN persons p ON p.id = l.person_id
    WHERE l.id = ANY($1::uuid[])
    UNION
    SELECT up.lead, p.id, p.merged_into FROM up JOIN persons p ON p.id = up.merged_into
), whole AS (
    SELECT lead, id FROM up
    UNION
    SELECT w.lead, p.id FROM whole w JOIN persons p ON p.merged_into = w.id
)
SELECT whole.lead, k.kind, k.value FROM whole JOIN identity_keys k ON k.person_id = whole.id WHERE k.identifies
UNION
SELECT whole.lead, 'visitor', s.event->>'visitor' FROM whole JOIN submissions s ON s.person_id = whole.id
WHERE s.event->>'visitor' IS NOT NULL AND s.state IN ('opened', 'joined') AND s.superseded_by IS NULL

-- name: signals_before
-- How many signals of each kind stand under names of leads before a moment of each, for its line or none in particular.
SELECT asked.lead, s.kind, count(DISTINCT s.id)::int AS signals
FROM unnest($1::uuid[], $2::text[], $3::timestamptz[], $4::text[]) AS asked (lead, name, moment, line)
CROSS JOIN LATERAL (
    SELECT id, kind FROM signals WHERE keys @> ARRAY[asked.name] AND (asked.moment IS NULL OR at < asked.moment)
        AND (line IS NULL OR line = asked.line)
) AS s GROUP BY asked.lead, s.kind
