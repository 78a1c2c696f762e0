-- What reps and operators are shown.

-- name: asks_of_leads
-- What the buyers of leads asked while a rep had them, oldest first.
SELECT lead_id, round, rep_id, kind, form_id, source, asked_at, at FROM asks_again
WHERE lead_id = ANY($1::uuid[]) ORDER BY at, id

-- name: my_assignments
-- The open leads of a rep.
SELECT a.*, l.person_id, l.line, l.account, l.profile, l.score, l.quadrant, l.form_id, l.source, l.campaign,
       l.submissions, l.is_test, l.locked_by, l.told, l.received_at
FROM assignments a JOIN leads l ON l.id = a.lead_id
WHERE a.rep_id = $1 AND a.ended_at IS NULL
ORDER BY a.assigned_at, a.id

-- name: closed_of_rep
-- Leads that were closed over a rep's head since a moment, the newest first.
SELECT a.lead_id, a.round, a.ended_at, l.line, l.profile, l.close_reason
FROM assignments a JOIN leads l ON l.id = a.lead_id
WHERE a.rep_id = $1 AND a.ended_by = 'closed' AND a.ended_at > $2
    AND l.close_reason IN ('do_not_contact', 'erased', 'merged') AND l.round = a.round
ORDER BY a.ended_at DESC, a.lead_id LIMIT 50

-- name: export_leads
-- What is kept about leads, with whom they came to.
SELECT id AS lead_id, state, person_id, line, quadrant, stage, profile, score, form_id, source, campaign, submissions,
    is_test, received_at, sql_at, round, pool_id, hold_reason, closed_at, close_reason, handling
FROM leads WHERE id = ANY($1::uuid[]) OR person_id = $2 ORDER BY received_at, id

-- name: other_leads_of_persons
-- The open leads of the same persons, with the reps who hold them.
SELECT l.id, l.person_id, l.line, l.state, r.id AS rep_id, r.name AS rep_name
FROM leads l
LEFT JOIN assignments a ON a.lead_id = l.id AND a.ended_at IS NULL
LEFT JOIN reps r ON r.id = a.rep_id
WHERE l.person_id = ANY($1::uuid[]) AND l.state IN ('held', 'assigned')
ORDER BY l.line, l.id

-- name: earlier_leads_of_persons
-- The closed leads of persons ($1), ten of each, the last on top, with who had each last.
SELECT l.*, (
    SELECT r.name FROM assignments a JOIN reps r ON r.id = a.rep_id
    WHERE a.lead_id = l.id ORDER BY a.round DESC LIMIT 1
) AS rep_name
FROM unnest($1::uuid[]) AS asked (person_id)
CROSS JOIN LATERAL (
    SELECT id, leads.person_id, line, close_reason, closed_at FROM leads
    WHERE leads.person_id = asked.person_id AND state = 'closed' AND closed_at IS NOT NULL
    ORDER BY closed_at DESC, id LIMIT 10
) AS l
ORDER BY l.closed_at DESC, l.id

-- name: one_lead
-- A lead's state.
SELECT * FROM leads WHERE id = $1

-- name: assignments_of_lead
-- All rounds of a lead.
SELECT a.*, r.name AS rep_name FROM assignments a JOIN reps r ON r.id = a.rep_id WHERE a.lead_id = $1 ORDER BY round

-- name: owners_of_leads
-- The rep who has each of these leads now.
SELECT a.lead_id, a.rep_id, r.name AS rep_name FROM assignments a JOIN reps r ON r.id = a.rep_id
WHERE a.lead_id = ANY($1::uuid[]) AND a.ended_at IS NULL ORDER BY a.lead_id

-- name: acts_of_lead
-- All acts on a lead, oldest first.
SELECT rep_id, round, kind, at, content, contact, proof FROM acts WHERE lead_id = $1
ORDER BY at, progressed_seq NULLS FIRST, id

-- name: decisions_of_lead
-- All decision records of a lead, oldest first.
SELECT d.*, s.members FROM decisions d LEFT JOIN candidate_sets s ON s.digest = d.proof->>'members'
WHERE d.lead_id = $1 ORDER BY d.at, d.routed_seq NULLS FIRST, d.round, d.id

-- name: timer_news_of_lead
-- Warnings, breaches, reminders and withdrawals of a lead.
SELECT kind, level, number, at_most, round, rep_id, due_at, fired_at, effect, told, agreement, is_trial FROM timer_news WHERE lead_id = $1 ORDER BY fired_at, id

-- name: all_pools
-- Every pool with the number of leads it holds.
SELECT p.id, p.drain_due, p.next_opening, coalesce(h.held, 0)::integer AS held
FROM pools p
LEFT JOIN (SELECT pool_id, count(*) AS held FROM leads WHERE state = 'held' GROUP BY pool_id) h ON h.pool_id = p.id
ORDER BY p.id

-- name: held_leads
-- Leads that wait, in the order they are drained; of these pools where some are named.
SELECT id, line, pool_id, quadrant, hold_reason, held_since, next_try_at, received_at, is_test
FROM leads WHERE state = 'held' AND ($2::text[] IS NULL OR pool_id = ANY($2)) ORDER BY pool_id NULLS FIRST, rank, received_at, id LIMIT $1

-- name: leads_by_state
-- How many leads are in each state.
SELECT state, count(*) AS leads FROM leads GROUP BY state

-- name: held_by_reason
-- How many leads wait for what, and how long the live lead that waits longest could have had a rep.
SELECT hold_reason, count(*) AS leads,
    max($1 - greatest(held_since, next_try_at)) FILTER (WHERE handling IS NULL AND NOT is_test) AS overdue
FROM leads WHERE state = 'held' GROUP BY hold_reason
