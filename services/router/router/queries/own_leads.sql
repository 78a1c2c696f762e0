-- Leads that reps found themselves.

-- name: room_of_rep
-- What a rep may be given: lines, capacity and load.
SELECT lines, capacity, open, is_active FROM reps WHERE id = $1

-- name: own_lead_of_key
-- What this rep entered under this key.
SELECT id, at, line, fingerprint FROM own_leads WHERE rep_id = $1 AND key = $2

-- name: next_own_number
-- The next number of the router's submissions, without gaps; one at a time.
INSERT INTO own_lead_numbers AS n (last) VALUES (1)
ON CONFLICT (one) DO UPDATE SET last = n.last + 1 RETURNING n.last

-- name: insert_own_lead
-- Keeps who entered it, until its lead is known.
INSERT INTO own_leads (id, rep_id, at, line, key, fingerprint) VALUES ($1, $2, $3, $4, $5, $6)

-- name: finders
-- Who entered these submissions that no lead is known of yet.
SELECT id, rep_id FROM own_leads WHERE id = ANY($1::uuid[]) AND became = 'entered'

-- name: settle_own_leads
-- What became of them.
UPDATE own_leads AS o SET lead_id = s.lead_id, became = s.became, settled_at = $4
FROM unnest($1::uuid[], $2::uuid[], $3::text[]) AS s (id, lead_id, became) WHERE o.id = s.id

-- name: own_leads_of_rep
-- What a rep entered, newest first, and who has the lead now.
SELECT o.id, o.rep_id, o.at, o.line, o.lead_id, o.became, l.state, a.rep_id AS has, r.name AS has_name
FROM own_leads o
LEFT JOIN leads l ON l.id = o.lead_id
LEFT JOIN assignments a ON a.lead_id = o.lead_id AND a.ended_at IS NULL
LEFT JOIN reps r ON r.id = a.rep_id
WHERE o.rep_id = $1 ORDER BY o.at DESC, o.id LIMIT $2

-- name: wipe_own_leads
-- Nothing of an erased person is left in what was entered.
UPDATE own_leads SET fingerprint = NULL, key = NULL WHERE lead_id = ANY($1::uuid[])

-- name: return_own_number
-- The number just taken was not needed.
UPDATE own_lead_numbers SET last = last - 1
