-- Messages to reps: what nobody was told yet, and what a message says when it is sent.

-- name: untold_rounds
-- Open rounds that their rep was not told of, the oldest first; those locked elsewhere come next time.
SELECT id, lead_id, id AS assignment_id, rep_id FROM assignments
WHERE told_at IS NULL AND ended_at IS NULL ORDER BY assigned_at LIMIT $1 FOR NO KEY UPDATE SKIP LOCKED

-- name: note_rounds_told
-- Their messages are made.
UPDATE assignments SET told_at = $2 WHERE id = ANY($1::uuid[])

-- name: untold_ends
-- Rounds that ended without an act of their rep, who was told of them.
SELECT id, lead_id, id AS assignment_id, rep_id FROM assignments
WHERE end_told_at IS NULL AND told_at IS NOT NULL AND ended_at IS NOT NULL
    AND ended_by NOT IN ('declined', 'closed')
ORDER BY ended_at LIMIT $1 FOR NO KEY UPDATE SKIP LOCKED

-- name: note_ends_told
-- Their messages are made.
UPDATE assignments SET end_told_at = $2 WHERE id = ANY($1::uuid[])

-- name: untold_asks
-- What buyers asked on leads that a rep has.
SELECT k.id, k.lead_id, a.id AS assignment_id, k.rep_id
FROM asks_again k JOIN assignments a ON a.lead_id = k.lead_id AND a.round = k.round
WHERE k.told_at IS NULL ORDER BY k.at LIMIT $1 FOR NO KEY UPDATE OF k SKIP LOCKED

-- name: note_asks_told
-- Their messages are made.
UPDATE asks_again SET told_at = $2 WHERE id = ANY($1::uuid[])

-- name: untold_warnings
-- Promises that are about to run out, for the rep.
SELECT n.id, n.lead_id, a.id AS assignment_id, n.rep_id, n.id AS timer
FROM timer_news n JOIN assignments a ON a.lead_id = n.lead_id AND a.round = n.round
WHERE n.told_at IS NULL AND n.level LIKE 'warned%'
ORDER BY n.fired_at LIMIT $1 FOR NO KEY UPDATE OF n SKIP LOCKED

-- name: untold_breaches
-- Broken promises, for whom the decision named: who leads the rep's team or the fallback's; empty: nobody. The team is
-- one that they lead, the rep's own before others.
SELECT n.id, n.lead_id, a.id AS assignment_id, n.id AS timer, coalesce(n.told, '') AS rep_id, (
    SELECT t.id FROM teams t WHERE t.lead = n.told ORDER BY t.id = r.team DESC, t.id LIMIT 1
) AS team_id
FROM timer_news n
JOIN assignments a ON a.lead_id = n.lead_id AND a.round = n.round
JOIN reps r ON r.id = n.rep_id
WHERE n.told_at IS NULL AND n.level = 'breached'
ORDER BY n.fired_at LIMIT $1 FOR NO KEY UPDATE OF n SKIP LOCKED

-- name: untold_reminders
-- Broken promises that are still open: their rep, and who heard of the breach, with a team that they lead.
SELECT n.id, n.lead_id, a.id AS assignment_id, n.rep_id, b.told AS lead, (
    SELECT t.id FROM teams t WHERE t.lead = b.told ORDER BY t.id = r.team DESC, t.id LIMIT 1
) AS team_id
FROM timer_news n
JOIN assignments a ON a.lead_id = n.lead_id AND a.round = n.round
JOIN reps r ON r.id = n.rep_id
LEFT JOIN LATERAL (
    SELECT f.told FROM timer_news f
    WHERE f.lead_id = n.lead_id AND f.timer_id = n.timer_id AND f.level = 'breached' AND f.told IS NOT NULL
    ORDER BY f.fired_at DESC, f.id LIMIT 1
) AS b ON true
WHERE n.told_at IS NULL AND n.level = 'reminded'
ORDER BY n.fired_at, n.id LIMIT $1 FOR NO KEY UPDATE OF n SKIP LOCKED

-- name: note_timers_told
-- Their messages are made.
UPDATE timer_news SET told_at = $2 WHERE id = ANY($1::uuid[])

-- name: note_untold_withdrawn
-- Nobody is to hear of what is taken back.
UPDATE timer_news SET told_at = $2 WHERE id = ANY($1::uuid[]) AND told_at IS NULL

-- name: untold_declines
-- Declines that wait for the team lead of the rep; empty: nobody leads it.
SELECT d.id, d.lead_id, a.id AS assignment_id, coalesce(t.lead, '') AS rep_id, r.team AS team_id
FROM asked_declines d
JOIN assignments a ON a.lead_id = d.lead_id AND a.round = d.round
JOIN reps r ON r.id = d.rep_id
LEFT JOIN teams t ON t.id = r.team
WHERE d.told_at IS NULL ORDER BY d.at LIMIT $1 FOR NO KEY UPDATE OF d SKIP LOCKED

-- name: note_declines_told
-- Their messages are made: the links are that team lead's.
UPDATE asked_declines d SET told_at = $2, told = (
    SELECT t.lead FROM reps r JOIN teams t ON t.id = r.team WHERE r.id = d.rep_id
) WHERE d.id = ANY($1::uuid[])

-- name: team_leads_to_tell
-- Who leads the reps of whom late answers are expected, once the first is as old as $1 and they heard nothing since $2.
-- For reps of teams that nobody leads, leads $4 (of teams $5) in whose stead, by lines $3; empty: nobody.
SELECT coalesce(t.lead, s.lead, '') AS lead, min(CASE WHEN t.lead IS NULL THEN s.team ELSE r.team END) AS team_id
FROM decisions d
JOIN reps r ON r.id = d.rep_id
LEFT JOIN leads l ON l.id = d.lead_id
LEFT JOIN teams t ON t.id = r.team
LEFT JOIN unnest($3::text[], $4::text[], $5::text[]) AS s(line, lead, team) ON s.line = l.line
LEFT JOIN late_digests g ON g.rep_id = coalesce(t.lead, s.lead)
WHERE d.proof ? 'is_late' AND d.late_told_at IS NULL AND (g.told_at IS NULL OR g.told_at <= $2)
GROUP BY 1 HAVING min(d.at) <= $1

-- name: begin_digest
-- Of several processes one tells a team lead, and not again before the time is over.
INSERT INTO late_digests AS g (rep_id, told_at) VALUES ($1, $2)
ON CONFLICT (rep_id) DO UPDATE SET told_at = excluded.told_at WHERE g.told_at <= $3 RETURNING rep_id

-- name: take_late
-- Decisions by which late answers are expected, of the reps that somebody leads (empty: nobody does), as told.
-- By lines $4, leads $5 in the stead of those whom teams lack.
UPDATE decisions SET late_told_at = $2 WHERE id IN (
    SELECT d.id FROM decisions d JOIN reps r ON r.id = d.rep_id LEFT JOIN teams t ON t.id = r.team
    LEFT JOIN leads l ON l.id = d.lead_id
    LEFT JOIN unnest($4::text[], $5::text[]) AS s(line, lead) ON s.line = l.line
    WHERE d.proof ? 'is_late' AND d.late_told_at IS NULL AND coalesce(t.lead, s.lead, '') = $1
    ORDER BY d.at LIMIT $3 FOR NO KEY UPDATE OF d SKIP LOCKED
) RETURNING id, lead_id, at

-- name: late_answers
-- Of these decisions those whose lead still waits for the answer, the earliest promise first.
SELECT l.id, l.profile, l.quadrant, r.name AS rep_name, (d.proof->>'answer_at')::timestamptz AS answer_at,
       coalesce(a.respond_by, a.accept_by) AS due_at
FROM decisions d
JOIN assignments a ON a.lead_id = d.lead_id AND a.round = d.round AND a.ended_at IS NULL AND a.contacted_at IS NULL
JOIN leads l ON l.id = d.lead_id AND l.state <> 'erased'
JOIN reps r ON r.id = a.rep_id
WHERE d.id = ANY($1::uuid[]) AND NOT l.is_test
ORDER BY coalesce(a.respond_by, a.accept_by), l.id

-- name: rounds_with_buttons
-- Rounds that have ended and whose messages may still show buttons; while one is just being sent they wait for it.
SELECT a.id, a.lead_id, a.rep_id FROM assignments a
WHERE a.buttons_gone_at IS NULL AND a.told_at IS NOT NULL AND a.ended_at IS NOT NULL
    AND NOT EXISTS (
        SELECT FROM deliveries d WHERE d.about = a.lead_id AND d.data->>'round' = a.id::text
            AND d.state = 'pending' AND d.claimed_until IS NOT NULL
    )
ORDER BY a.ended_at LIMIT $1 FOR NO KEY UPDATE OF a SKIP LOCKED

-- name: note_buttons_gone
-- What replaces their messages is made.
UPDATE assignments SET buttons_gone_at = $2 WHERE id = ANY($1::uuid[])

-- name: messages_with_buttons
-- Messages of these rounds ($1) about these leads ($2) by a channel where a posted message can be changed.
SELECT d.id, d.about AS lead_id, d.target, d.data FROM deliveries d
WHERE d.about = ANY($2::uuid[]) AND d.data->>'round' = ANY($1::text[]) AND d.channel = 'slack'
    AND d.kind = ANY($3::text[]) AND d.state IN ('pending', 'delivered')
ORDER BY d.created_at, d.id

-- name: receipt_of_message
-- What the channel calls a message that arrived.
SELECT receipt FROM deliveries WHERE id = $1 AND state = 'delivered'

-- name: decline_of_link
-- A decline that waits, its rep and lead, and the team lead whose word decides.
SELECT d.id, d.lead_id, d.rep_id, d.state AS asked_state, d.decided_by, a.ended_at, a.accepted_at, a.contacted_at, l.state,
       l.profile, r.name AS rep_name, r.notify AS rep_notify, b.id AS lead_rep, b.texts, b.hours->>'tz' AS tz, b.notify, b.left_at,
       t.lead AS leads_now, t.notify AS team_notify, h.name AS holder_name
FROM asked_declines d
JOIN assignments a ON a.lead_id = d.lead_id AND a.round = d.round
JOIN leads l ON l.id = d.lead_id
JOIN reps r ON r.id = d.rep_id
JOIN reps b ON b.id = d.told
LEFT JOIN teams t ON t.id = r.team
LEFT JOIN assignments c ON c.lead_id = d.lead_id AND c.ended_at IS NULL
LEFT JOIN reps h ON h.id = c.rep_id
WHERE d.id = $1

-- name: ways_of_reps
-- How reps want to be told.
SELECT id, email, notify FROM reps WHERE id = ANY($1::text[]) AND left_at IS NULL

-- name: ways_of_teams
-- How the leads of teams want to be told of what needs them; an empty list: as a rep is.
SELECT id, notify FROM teams WHERE id = ANY($1::text[])

-- name: who_decides_for
-- Who leads the team of a rep ($1), or else one of the teams $2 in their order; never the rep, nor who has left.
SELECT t.id AS team_id, t.lead FROM reps r
JOIN teams t ON t.id = r.team OR t.id = ANY($2::text[])
JOIN reps l ON l.id = t.lead AND l.id <> r.id AND l.left_at IS NULL
WHERE r.id = $1 ORDER BY t.id = r.team DESC, array_position($2::text[], t.id) LIMIT 1

-- name: lines_of_leads
-- The lines that leads are of.
SELECT DISTINCT line FROM leads WHERE id = ANY($1::uuid[]) ORDER BY line

-- name: tell_again
-- Open rounds of the last days without an answer and without a message: a way to tell of them may be there now. Of those read back after a restore their reps were told before it.
UPDATE assignments a SET told_at = NULL
WHERE a.ended_at IS NULL AND a.accepted_at IS NULL AND a.contacted_at IS NULL AND a.told_at IS NOT NULL
    AND a.assigned_at > $1 AND NOT a.is_read_back
    AND NOT EXISTS (SELECT FROM deliveries d WHERE d.about = a.lead_id AND d.data->>'round' = a.id::text)

-- name: message_facts
-- Everything a message to rep $2 about round $1 may say, as it is now ($4); where a timer spoke, by its news ($3).
SELECT a.id, a.lead_id, a.rep_id, a.round, a.why, a.said, a.assigned_at, a.accept_by, a.respond_by, a.accepted_at,
       a.contacted_at, a.ended_at, a.ended_by, owner.name AS rep_name,
       l.state, l.person_id, l.line, l.profile, l.score, l.told, l.quadrant, l.source, l.campaign, l.submissions,
       l.account, l.is_test, l.received_at, l.rulebook_version,
       r.id AS to_id, r.name AS to_name, r.texts, r.hours->>'tz' AS tz, c.rep_id AS holder_id, h.name AS holder_name,
       d.id AS asked_id, d.state AS asked_state, d.content AS asked_content,
       a.rulebook_version AS round_version, n.kind AS promise, n.due_at AS promise_due_at, n.opened_at AS promise_opened_at,
       EXISTS (SELECT FROM timer_news w WHERE w.withdraws = n.id) AS is_withdrawn,
       n.number, n.at_most, n.level, n.agreement, coalesce(n.is_trial, false) AS is_trial, n.rulebook_version AS timer_version,
       k.said_yes_at, k.tried_at, k.talked_at, k.outcome_at, EXISTS (
           SELECT FROM pauses p WHERE p.lead_id = a.lead_id AND p.round = a.round AND n.kind = ANY(p.kinds)
               AND p.resumed_at IS NULL AND (p.until IS NULL OR p.until > $4)
       ) AS is_paused
FROM assignments a
JOIN leads l ON l.id = a.lead_id
LEFT JOIN timer_news n ON n.id = $3
CROSS JOIN LATERAL (
    SELECT max(c.at) FILTER (WHERE c.kind = 'accepted') AS said_yes_at,
           max(c.at) FILTER (WHERE c.kind = 'contacted') AS tried_at,
           max(c.at) FILTER (WHERE c.kind = 'contacted' AND c.contact IS DISTINCT FROM 'attempt') AS talked_at,
           max(c.at) FILTER (WHERE c.kind = 'outcome') AS outcome_at
    FROM acts c WHERE c.lead_id = a.lead_id AND c.round = a.round
) AS k
JOIN reps owner ON owner.id = a.rep_id
JOIN reps r ON r.id = $2
LEFT JOIN assignments c ON c.lead_id = a.lead_id AND c.ended_at IS NULL
LEFT JOIN reps h ON h.id = c.rep_id
LEFT JOIN asked_declines d ON d.lead_id = a.lead_id AND d.round = a.round
WHERE a.id = $1

-- name: reader_of_messages
-- In which language and zone somebody reads, by their id.
SELECT name, texts, hours->>'tz' AS tz FROM reps WHERE id = $1

-- name: names_of_leads
-- Who is behind open leads of a rep.
SELECT l.id, l.profile, l.quadrant FROM leads l JOIN assignments a ON a.lead_id = l.id AND a.ended_at IS NULL
WHERE l.id = ANY($1::uuid[]) AND a.rep_id = $2 ORDER BY l.rank, l.received_at, l.id

-- name: round_of_link
-- A round, its lead and rep, whether it is the rep's last one of the lead, and who has the lead now.
SELECT a.id, a.lead_id, a.rep_id, a.accepted_at, a.contacted_at, a.ended_at, l.state, l.profile, l.quadrant, r.texts, r.hours->>'tz' AS tz,
       r.notify, r.left_at, h.name AS holder_name, c.rep_id AS holder_id,
       NOT EXISTS (
           SELECT FROM assignments n WHERE n.lead_id = a.lead_id AND n.rep_id = a.rep_id AND n.round > a.round
       ) AS is_last
FROM assignments a
JOIN leads l ON l.id = a.lead_id
JOIN reps r ON r.id = a.rep_id
LEFT JOIN assignments c ON c.lead_id = a.lead_id AND c.ended_at IS NULL
LEFT JOIN reps h ON h.id = c.rep_id
WHERE a.id = $1
