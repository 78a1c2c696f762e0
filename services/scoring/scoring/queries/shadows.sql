-- Scorecards tried in the shadow, and those that left it.

-- name: shadows_before
-- By which scorecard these leads were scored in the shadow last, and where they stood.
SELECT lead_id, card, quadrant FROM shadow_scores WHERE lead_id = ANY($1::uuid[])

-- name: save_shadows
-- What leads score in the shadow now; since when stays while the scorecard does.
INSERT INTO shadow_scores (lead_id, line, card, since, at, fit, interest, quadrant, stage, rulebook_version,
    contributions)
SELECT lead_id, line, card, $1, $1, fit, interest, quadrant, stage, rulebook_version, contributions::jsonb
FROM unnest($2::uuid[], $3::text[], $4::text[], $5::int[], $6::int[], $7::text[], $8::text[], $9::int[], $10::text[])
    AS scored (lead_id, line, card, fit, interest, quadrant, stage, rulebook_version, contributions)
ON CONFLICT (lead_id) DO UPDATE SET line = excluded.line, card = excluded.card,
    since = CASE WHEN shadow_scores.card = excluded.card THEN shadow_scores.since ELSE excluded.since END,
    at = excluded.at, fit = excluded.fit, interest = excluded.interest, quadrant = excluded.quadrant,
    stage = excluded.stage, rulebook_version = excluded.rulebook_version, contributions = excluded.contributions

-- name: shadow_pairs
-- Leads scored by both: how many stand where by the one and by the other, and how many of them ended, and were won;
-- of what was given back and ended by a later lead that one alone has ended.
SELECT l.quadrant, l.stage, s.quadrant AS shadow_quadrant, s.stage AS shadow_stage, count(*)::int AS leads,
    count(*) FILTER (WHERE l.state = 'open')::int AS open,
    count(*) FILTER (WHERE l.close_reason IN ('won', 'lost', 'rejected')
        OR l.close_reason = 'recycled' AND NOT ended_again(l.person_id, l.line, l.closed_at))::int AS ended,
    count(*) FILTER (WHERE l.close_reason = 'won')::int AS won
FROM shadow_scores s JOIN leads l ON l.id = s.lead_id
WHERE s.line = $1 AND s.card = $2 AND l.state IN ('open', 'closed') AND is_marketings(l.id, l.is_test, l.origins)
GROUP BY 1, 2, 3, 4 ORDER BY 1, 2, 3, 4

-- name: shadow_since
-- Since when leads are scored by a scorecard in the shadow, when one was last, and of how many a rule could not be asked.
SELECT min(s.since) AS since, max(s.at) AS until,
    (count(*) FILTER (WHERE s.contributions @? '$[*].error'))::int AS with_errors
FROM shadow_scores s JOIN leads l ON l.id = s.lead_id
WHERE s.line = $1 AND s.card = $2 AND l.state IN ('open', 'closed') AND is_marketings(l.id, l.is_test, l.origins)

-- name: shadow_differs
-- Leads that stand elsewhere in the shadow, the last scored first, with whose they are.
SELECT l.id AS lead_id, p.profile, l.state, l.opened_at, l.fit, l.interest, l.quadrant, l.stage,
    s.fit AS shadow_fit, s.interest AS shadow_interest, s.quadrant AS shadow_quadrant, s.stage AS shadow_stage, s.at
FROM shadow_scores s JOIN leads l ON l.id = s.lead_id JOIN persons p ON p.id = l.person_id
WHERE s.line = $1 AND s.card = $2 AND l.state IN ('open', 'closed') AND is_marketings(l.id, l.is_test, l.origins)
    AND (l.quadrant, l.stage) <> (s.quadrant, s.stage)
ORDER BY s.at DESC, l.id LIMIT $3

-- name: insert_promotion
-- A scorecard leaves the shadow.
INSERT INTO promotions (rulebook_version, line, based_on, card, at, effective_from, by, why, leads, differed)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)

-- name: list_promotions
-- Which scorecards left the shadow, the last one first.
SELECT rulebook_version, line, based_on, card, at, effective_from, by, why, leads, differed
FROM promotions ORDER BY rulebook_version DESC LIMIT $1
