-- Rounds of leads: who has them, and until when they promised what.

-- name: open_assignments
-- The open rounds of locked leads.
SELECT id, lead_id, rep_id, pool_id, round, assigned_at, rulebook_version, accepted_at, contacted_at,
       talked_at, asked_again, asked_again_at, warned_at, breached_at
FROM assignments WHERE lead_id = ANY($1::uuid[]) AND ended_at IS NULL

-- name: imported_since
-- How many leads of imports reps were given since the moment named with each.
SELECT a.rep_id, count(*)::integer AS leads
FROM unnest($1::text[], $2::timestamptz[]) AS day (rep, began)
JOIN assignments a ON a.rep_id = day.rep AND a.is_imported AND a.assigned_at >= day.began
GROUP BY a.rep_id

-- name: end_assignments
-- Ends rounds; before a new round begins, so that one open round a lead holds at every moment.
UPDATE assignments a SET ended_at = $3, ended_by = n.ended_by, breached_at = coalesce(a.breached_at, n.breached_at)
FROM unnest($1::uuid[], $2::text[], $4::timestamptz[]) AS n (id, ended_by, breached_at)
WHERE a.id = n.id AND a.ended_at IS NULL

-- name: insert_assignments
-- Begins rounds; one that is over already is written with its end.
INSERT INTO assignments
    (id, lead_id, rep_id, pool_id, round, assigned_at, rulebook_version, accept_within, respond_within, why,
     accept_by, respond_by, ended_at, ended_by, is_imported, said)
SELECT n.id, n.lead_id, n.rep_id, n.pool_id, n.round, n.assigned_at, n.rulebook_version, n.accept_within,
       n.respond_within, n.why, n.accept_by, n.respond_by, n.ended_at, n.ended_by, n.is_imported, n.said::jsonb
FROM unnest(
    $1::uuid[], $2::uuid[], $3::text[], $4::text[], $5::integer[], $6::timestamptz[], $7::integer[],
    $8::interval[], $9::interval[], $10::text[], $11::timestamptz[], $12::timestamptz[], $13::timestamptz[],
    $14::text[], $15::boolean[], $16::text[]
) AS n (
    id, lead_id, rep_id, pool_id, round, assigned_at, rulebook_version, accept_within, respond_within, why,
    accept_by, respond_by, ended_at, ended_by, is_imported, said
)

-- name: running_promises
-- The promises of a rep's open rounds.
SELECT id, lead_id, round, assigned_at, accept_within, respond_within FROM assignments WHERE rep_id = $1 AND ended_at IS NULL

-- name: move_deadlines
-- Deadlines by new hours, while they run: what has passed, was kept or is over stays. $4 is now.
UPDATE assignments a SET
    accept_by = CASE
        WHEN coalesce(a.accepted_at, a.contacted_at) IS NULL AND coalesce(a.accept_by > $4, true) THEN n.accept_by
        ELSE a.accept_by
    END,
    respond_by = CASE
        WHEN a.contacted_at IS NULL AND coalesce(a.respond_by > $4, true) THEN n.respond_by ELSE a.respond_by
    END
FROM unnest($1::uuid[], $2::timestamptz[], $3::timestamptz[]) AS n (id, accept_by, respond_by)
WHERE a.id = n.id AND a.ended_at IS NULL

-- name: settle_deadlines
-- Deadlines as they held when they fired, of those given.
UPDATE assignments a SET
    accept_by = coalesce(n.accept_by, a.accept_by), respond_by = coalesce(n.respond_by, a.respond_by)
FROM unnest($1::uuid[], $2::timestamptz[], $3::timestamptz[]) AS n (id, accept_by, respond_by)
WHERE a.id = n.id

-- name: update_assignments
-- Writes what happened in open rounds.
UPDATE assignments a SET
    accepted_at = n.accepted_at, contacted_at = n.contacted_at, asked_again = n.asked_again,
    asked_again_at = n.asked_again_at, warned_at = n.warned_at, breached_at = n.breached_at,
    talked_at = n.talked_at
FROM unnest(
    $1::uuid[], $2::timestamptz[], $3::timestamptz[], $4::integer[], $5::timestamptz[], $6::timestamptz[],
    $7::timestamptz[], $8::timestamptz[]
) AS n (id, accepted_at, contacted_at, asked_again, asked_again_at, warned_at, breached_at, talked_at)
WHERE a.id = n.id

-- name: insert_candidate_sets
-- Keeps sets of candidates that no decision named before.
INSERT INTO candidate_sets (digest, members) SELECT n.digest, n.members::jsonb FROM unnest($1::text[], $2::text[]) AS n (digest, members) ON CONFLICT DO NOTHING

-- name: insert_decisions
-- Keeps decision records. Lists go as text: the driver takes a list in an array for one more dimension.
INSERT INTO decisions
    (id, lead_id, at, cause_id, kind, round, pool_id, rep_id, hold_reason, next_try_at, rule, rule_errors,
     rulebook_version, proof, pool_state, why, routed_seq)
SELECT n.id, n.lead_id, n.at, n.cause_id, n.kind, n.round, n.pool_id, n.rep_id, n.hold_reason, n.next_try_at, n.rule,
       n.rule_errors::jsonb, n.rulebook_version, n.proof::jsonb, n.pool_state, n.why, n.routed_seq
FROM unnest(
    $1::uuid[], $2::uuid[], $3::timestamptz[], $4::uuid[], $5::text[], $6::integer[], $7::text[], $8::text[],
    $9::text[], $10::timestamptz[], $11::text[], $12::text[], $13::integer[], $14::text[], $15::jsonb[], $16::text[],
    $17::integer[]
) AS n (
    id, lead_id, at, cause_id, kind, round, pool_id, rep_id, hold_reason, next_try_at, rule, rule_errors,
    rulebook_version, proof, pool_state, why, routed_seq
)

-- name: person_owners
-- Who last worked a lead of each person since a moment: said yes, contacted them, or told how the selling goes.
SELECT DISTINCT ON (l.person_id) l.person_id, a.rep_id, a.at
FROM leads l JOIN acts a ON a.lead_id = l.id
WHERE l.person_id = ANY($1::uuid[]) AND a.kind IN ('accepted', 'contacted', 'outcome') AND a.at >= $2
ORDER BY l.person_id, a.at DESC, a.id

-- name: answers_of_rep
-- How fast a rep answers, and when they last did.
SELECT document, pace_seconds, answered_at FROM reps WHERE id = $1

-- name: update_pace
-- How fast a rep answers, as of their newest answer.
UPDATE reps SET pace_seconds = $2, answered_at = $3 WHERE id = $1

-- name: unanswered
-- How many open leads of these reps have had no contact yet.
SELECT rep_id, count(*)::integer AS leads FROM assignments
WHERE rep_id = ANY($1::text[]) AND ended_at IS NULL AND contacted_at IS NULL GROUP BY rep_id

-- name: assigned_since
-- How many leads reps were given since two moments named with each: of their day, and of their week.
SELECT a.rep_id, count(*) FILTER (WHERE a.assigned_at >= since.day)::integer AS today, count(*)::integer AS this_week
FROM unnest($1::text[], $2::timestamptz[], $3::timestamptz[]) AS since (rep, day, week)
JOIN assignments a ON a.rep_id = since.rep AND a.assigned_at >= since.week
GROUP BY a.rep_id
