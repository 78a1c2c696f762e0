-- Pauses: which promises of a round stand still, and since when.

-- name: insert_pause
-- Keeps a pause.
INSERT INTO pauses (id, lead_id, round, code, kinds, at, until) VALUES ($1, $2, $3, $4, $5, $6, $7)

-- name: resume_round
-- Ends the pauses of a round that run; what they held still.
UPDATE pauses SET resumed_at = $3
WHERE lead_id = $1 AND round = $2 AND resumed_at IS NULL AND (until IS NULL OR until > $3) RETURNING kinds

-- name: pauses_of_rounds
-- All pauses of rounds, named by lead and number, oldest first.
SELECT p.lead_id, p.round, p.code, p.kinds, p.at, p.until, p.resumed_at
FROM unnest($1::uuid[], $2::integer[]) AS n (lead_id, round)
JOIN pauses p ON p.lead_id = n.lead_id AND p.round = n.round
ORDER BY p.at, p.id

-- name: running_pauses
-- What is paused now in the open rounds of a rep, with their own words, oldest first.
SELECT p.lead_id, p.code, p.kinds, p.at, p.until, c.content->>'reason' AS reason
FROM assignments a
JOIN pauses p ON p.lead_id = a.lead_id AND p.round = a.round
LEFT JOIN acts c ON c.id = p.id
WHERE a.rep_id = $1 AND a.ended_at IS NULL AND p.resumed_at IS NULL AND (p.until IS NULL OR p.until > $2)
ORDER BY p.at, p.id

-- name: pauses_of_lead
-- All pauses of a lead, oldest first.
SELECT round, code, kinds, at, until, resumed_at FROM pauses WHERE lead_id = $1 ORDER BY at, id

-- name: acts_of_rounds
-- When a rep last did what keeps a promise, of rounds named by lead and number.
SELECT n.lead_id, n.round, max(c.at) FILTER (WHERE c.kind = 'contacted') AS tried_at,
       max(c.at) FILTER (WHERE c.kind = 'contacted' AND c.contact IS DISTINCT FROM 'attempt') AS talked_at,
       max(c.at) FILTER (WHERE c.kind = 'outcome') AS outcome_at, max(c.at) FILTER (WHERE c.kind = 'accepted') AS accepted_at
FROM unnest($1::uuid[], $2::integer[]) AS n (lead_id, round)
JOIN acts c ON c.lead_id = n.lead_id AND c.round = n.round
GROUP BY n.lead_id, n.round
