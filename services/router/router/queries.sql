-- SQL of the router. Batches go through unnest; locks are FOR NO KEY UPDATE, so that foreign keys do not wait.

-- name: insert_stubs
-- The first event of a lead makes its row, in order of ids so that two writers cannot wait for each other.
INSERT INTO leads (id) SELECT unnest($1::uuid[]) ON CONFLICT DO NOTHING

-- name: lock_leads
-- Leads of a batch, locked by id.
SELECT * FROM leads WHERE id = ANY($1::uuid[]) ORDER BY id FOR NO KEY UPDATE

-- name: lock_waiting_leads
-- Up to $4 held leads of a pool and line, best first, that one of the reps $3 was not taken from; busy ones are left.
SELECT * FROM leads
WHERE state = 'held' AND handling IS NULL AND pool_id = $1 AND line = $2 AND NOT (excluded ?& $3::text[])
ORDER BY rank, received_at, id LIMIT $4 FOR NO KEY UPDATE SKIP LOCKED

-- name: lock_orphans
-- Held leads in none of the pools $1 whose line has a plan ($2); busy ones are left.
SELECT * FROM leads
WHERE state = 'held' AND line = ANY($2::text[]) AND (pool_id IS NULL OR NOT pool_id = ANY($1::text[]))
ORDER BY rank, received_at, id LIMIT $3 FOR NO KEY UPDATE SKIP LOCKED

-- name: open_assignments
-- The open rounds of locked leads.
SELECT id, lead_id, rep_id, pool_id, round, assigned_at, rulebook_version, accepted_at, contacted_at,
       asked_again, asked_again_at, warned_at, breached_at
FROM assignments WHERE lead_id = ANY($1::uuid[]) AND ended_at IS NULL

-- name: insert_pools
-- Rows for the pools of a new version of the rulebook.
INSERT INTO pools (id) SELECT unnest($1::text[]) ON CONFLICT DO NOTHING

-- name: lock_pools
-- Pools by id.
SELECT * FROM pools WHERE id = ANY($1::text[]) ORDER BY id FOR NO KEY UPDATE

-- name: lock_every_pool
-- All pools by id.
SELECT id FROM pools ORDER BY id FOR NO KEY UPDATE

-- name: lock_reps
-- Reps by id.
SELECT * FROM reps WHERE id = ANY($1::text[]) ORDER BY id FOR NO KEY UPDATE

-- name: roster
-- All reps, without locks: who belongs to which pool.
SELECT id, team, email FROM reps ORDER BY id

-- name: read_turns
-- The memory of locked pools.
SELECT pool_id, rep_id, carried, lag FROM turns WHERE pool_id = ANY($1::text[])

-- name: queues_waiting
-- Which of the pools and lines hold a lead that was not taken from all of the reps named with them.
SELECT DISTINCT pool_id, line FROM unnest($1::text[], $2::text[], $3::text[]) AS asked (pool_id, line, reps)
WHERE EXISTS (
    SELECT FROM leads l
    WHERE l.state = 'held' AND l.handling IS NULL AND l.pool_id = asked.pool_id AND l.line = asked.line
      AND NOT (l.excluded ?& string_to_array(asked.reps, ','))
)

-- name: imports_waiting
-- Which imports have leads that wait, by pool, line and terms.
SELECT DISTINCT pool_id, line, handling->>'import_id' AS import_id, handling->>'mode' AS mode,
       (handling->>'per_rep_daily')::integer AS per_rep_daily
FROM leads WHERE state = 'held' AND handling IS NOT NULL AND pool_id IS NOT NULL ORDER BY 1, 2, 3

-- name: lock_imported
-- Up to $7 held leads of an import, best first, that one of the reps $4 may take, busy ones left. An owner column
-- holds an id or e-mail: one of theirs ($5), or of nobody in the pool ($6).
SELECT * FROM leads
WHERE state = 'held' AND handling IS NOT NULL AND pool_id = $1 AND line = $2 AND handling->>'import_id' = $3
  AND NOT (excluded ?& $4::text[])
  AND (handling->>'mode' <> 'owner' OR lower(trim(coalesce(handling->>'owner', ''))) = ANY($5::text[])
       OR NOT lower(trim(coalesce(handling->>'owner', ''))) = ANY($6::text[]))
ORDER BY rank, received_at, id LIMIT $7 FOR NO KEY UPDATE SKIP LOCKED

-- name: imported_since
-- How many leads of imports reps were given since the moment named with each.
SELECT a.rep_id, count(*)::integer AS leads
FROM unnest($1::text[], $2::timestamptz[]) AS day (rep, began)
JOIN assignments a ON a.rep_id = day.rep AND a.is_imported AND a.assigned_at >= day.began
GROUP BY a.rep_id

-- name: lines_waiting
-- The lines of which a pool holds leads.
SELECT DISTINCT line FROM leads WHERE state = 'held' AND handling IS NULL AND pool_id = $1

-- name: update_leads
-- Writes back the locked leads of a batch.
UPDATE leads SET
    state = n.state, person_id = n.person_id, line = n.line, scored_seq = n.scored_seq, routed_seq = n.routed_seq,
    progressed_seq = n.progressed_seq, quadrant = n.quadrant, stage = n.stage, profile = n.profile, score = n.score,
    form_id = n.form_id, source = n.source, campaign = n.campaign, submissions = n.submissions, asks = n.asks,
    is_test = n.is_test, received_at = n.received_at, sql_at = n.sql_at, rulebook_version = n.rulebook_version,
    round = n.round, pool_id = n.pool_id, rank = n.rank, hold_reason = n.hold_reason, held_since = n.held_since,
    next_try_at = n.next_try_at, excluded = n.excluded, last_routed = n.last_routed, closed_at = n.closed_at,
    close_reason = n.close_reason, closing_seq = n.closing_seq, handling = n.handling,
    account = n.account
FROM unnest(
    $1::uuid[], $2::text[], $3::uuid[], $4::text[], $5::bigint[], $6::bigint[], $7::bigint[], $8::text[], $9::text[],
    $10::jsonb[], $11::jsonb[], $12::text[], $13::text[], $14::text[], $15::integer[], $16::boolean[], $17::boolean[],
    $18::timestamptz[], $19::timestamptz[], $20::integer[], $21::integer[], $22::text[], $23::smallint[], $24::text[],
    $25::timestamptz[], $26::timestamptz[], $27::jsonb[], $28::uuid[], $29::timestamptz[], $30::text[], $31::bigint[],
    $32::jsonb[], $33::jsonb[]
) AS n (
    id, state, person_id, line, scored_seq, routed_seq, progressed_seq, quadrant, stage, profile, score, form_id,
    source, campaign, submissions, asks, is_test, received_at, sql_at, rulebook_version, round, pool_id, rank,
    hold_reason, held_since, next_try_at, excluded, last_routed, closed_at, close_reason, closing_seq, handling,
    account
)
WHERE leads.id = n.id

-- name: end_assignments
-- Ends rounds; before a new round begins, so that one open round a lead holds at every moment.
UPDATE assignments a SET ended_at = $3, ended_by = n.ended_by, breached_at = coalesce(a.breached_at, n.breached_at)
FROM unnest($1::uuid[], $2::text[], $4::timestamptz[]) AS n (id, ended_by, breached_at)
WHERE a.id = n.id AND a.ended_at IS NULL

-- name: insert_assignments
-- Begins rounds; one that is over already is written with its end.
INSERT INTO assignments
    (id, lead_id, rep_id, pool_id, round, assigned_at, rulebook_version, accept_within, respond_within, why,
     accept_by, respond_by, ended_at, ended_by, is_imported)
SELECT * FROM unnest(
    $1::uuid[], $2::uuid[], $3::text[], $4::text[], $5::integer[], $6::timestamptz[], $7::integer[],
    $8::interval[], $9::interval[], $10::text[], $11::timestamptz[], $12::timestamptz[], $13::timestamptz[],
    $14::text[], $15::boolean[]
)

-- name: running_promises
-- The promises of a rep's open rounds.
SELECT id, assigned_at, accept_within, respond_within FROM assignments WHERE rep_id = $1 AND ended_at IS NULL

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
    asked_again_at = n.asked_again_at, warned_at = n.warned_at, breached_at = n.breached_at
FROM unnest(
    $1::uuid[], $2::timestamptz[], $3::timestamptz[], $4::integer[], $5::timestamptz[], $6::timestamptz[],
    $7::timestamptz[]
) AS n (id, accepted_at, contacted_at, asked_again, asked_again_at, warned_at, breached_at)
WHERE a.id = n.id

-- name: take_load
-- One more open lead for a rep, or several, never beyond capacity: a rep missing from the answer had no room.
UPDATE reps r SET open = r.open + n.taken
FROM unnest($1::text[], $2::integer[]) AS n (id, taken)
WHERE r.id = n.id AND r.open + n.taken <= r.capacity
RETURNING r.id

-- name: free_load
-- Open leads that ended.
UPDATE reps r SET open = r.open - n.freed FROM unnest($1::text[], $2::integer[]) AS n (id, freed) WHERE r.id = n.id

-- name: update_pools
-- Writes back locked pools.
UPDATE pools p SET drain_due = n.drain_due, next_opening = n.next_opening, turn_weights = n.turn_weights
FROM unnest($1::text[], $2::boolean[], $3::timestamptz[], $4::jsonb[])
    AS n (id, drain_due, next_opening, turn_weights)
WHERE p.id = n.id

-- name: upsert_turns
-- Writes back the memory of turns.
INSERT INTO turns (pool_id, rep_id, carried, lag)
SELECT * FROM unnest($1::text[], $2::text[], $3::double precision[], $4::bigint[])
ON CONFLICT (pool_id, rep_id) DO UPDATE SET carried = excluded.carried, lag = excluded.lag

-- name: insert_decisions
-- Keeps decision records. Lists go as text: the driver takes a list in an array for one more dimension.
INSERT INTO decisions
    (id, lead_id, at, cause_id, kind, round, pool_id, rep_id, hold_reason, next_try_at, rule, rule_errors,
     rulebook_version, candidates, pool_state, why, routed_seq)
SELECT n.id, n.lead_id, n.at, n.cause_id, n.kind, n.round, n.pool_id, n.rep_id, n.hold_reason, n.next_try_at, n.rule,
       n.rule_errors::jsonb, n.rulebook_version, n.candidates::jsonb, n.pool_state, n.why, n.routed_seq
FROM unnest(
    $1::uuid[], $2::uuid[], $3::timestamptz[], $4::uuid[], $5::text[], $6::integer[], $7::text[], $8::text[],
    $9::text[], $10::timestamptz[], $11::text[], $12::text[], $13::integer[], $14::text[], $15::jsonb[], $16::text[],
    $17::integer[]
) AS n (
    id, lead_id, at, cause_id, kind, round, pool_id, rep_id, hold_reason, next_try_at, rule, rule_errors,
    rulebook_version, candidates, pool_state, why, routed_seq
)

-- name: insert_late_arrivals
-- Asks on closed leads that were not answered before.
INSERT INTO late_arrivals (lead_id, cause_id, at)
SELECT DISTINCT lead_id, cause_id, $3::timestamptz FROM unnest($1::uuid[], $2::uuid[]) AS n (lead_id, cause_id)
ON CONFLICT DO NOTHING RETURNING lead_id, cause_id

-- name: insert_asks
-- Keeps asks on leads that a rep has.
INSERT INTO asks_again (id, lead_id, round, rep_id, kind, form_id, source, asked_at, at)
SELECT * FROM unnest(
    $1::uuid[], $2::uuid[], $3::integer[], $4::text[], $5::text[], $6::text[], $7::text[], $8::timestamptz[],
    $9::timestamptz[]
)
ON CONFLICT DO NOTHING

-- name: asks_of_leads
-- What the buyers of leads asked while a rep had them, oldest first.
SELECT lead_id, round, rep_id, kind, form_id, source, asked_at, at FROM asks_again
WHERE lead_id = ANY($1::uuid[]) ORDER BY at, id

-- name: insert_timer_news
-- Keeps warnings and breaches.
INSERT INTO timer_news (id, lead_id, kind, level, round, rep_id, due_at, fired_at, effect)
SELECT * FROM unnest(
    $1::uuid[], $2::uuid[], $3::text[], $4::text[], $5::integer[], $6::text[], $7::timestamptz[], $8::timestamptz[],
    $9::text[]
)
ON CONFLICT DO NOTHING

-- name: insert_merge
-- Keeps that two persons are one, or are not.
INSERT INTO merges (id, kind, person_id, other_person_id, leads_ended, at, seq) VALUES ($1, $2, $3, $4, $5, $6, $7)
ON CONFLICT DO NOTHING

-- name: wipe_acts
-- What reps wrote about leads, and the answers they got.
UPDATE acts SET content = '{}', answer = '{}', key = NULL WHERE lead_id = ANY($1::uuid[])

-- name: wipe_outbox
-- What reps wrote, where it waits to be published.
UPDATE outbox
SET value = convert_to((convert_from(value, 'UTF8')::jsonb - 'reason' #- '{outcome,reason}')::text, 'UTF8')
WHERE topic = 'lead-progressed' AND EXISTS (
    SELECT 1 FROM unnest($1::text[]) AS mark WHERE position(convert_to(mark, 'UTF8') IN value) > 0)

-- name: drop_dead_letters
-- Dead letters about leads that wait to be published.
DELETE FROM outbox
WHERE topic LIKE '%-dlq' AND EXISTS (
    SELECT 1 FROM unnest($1::text[]) AS mark WHERE position(convert_to(mark, 'UTF8') IN coalesce(value, '')) > 0)

-- name: insert_reps
-- New reps of a version of the rulebook; known ones stay as they are.
INSERT INTO reps
    (id, name, email, team, lines, languages, weight, capacity, calendar, hours, absences, document)
SELECT n.id, n.name, n.email, n.team, string_to_array(n.lines, ','), string_to_array(n.languages, ','), n.weight,
       n.capacity, n.calendar, n.hours, n.absences::jsonb, n.document
FROM unnest(
    $1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::integer[], $8::integer[],
    $9::text[], $10::jsonb[], $11::text[], $12::jsonb[]
) AS n (id, name, email, team, lines, languages, weight, capacity, calendar, hours, absences, document)
ON CONFLICT (id) DO NOTHING RETURNING id

-- name: all_reps
-- The roster in full.
SELECT * FROM reps ORDER BY id

-- name: one_rep
-- One rep.
SELECT * FROM reps WHERE id = $1

-- name: update_rep
-- Writes a rep's changed roster data.
UPDATE reps SET weight = $2, capacity = $3, is_active = $4, hours = $5, absences = $6, document = $7, revision = $8
WHERE id = $1

-- name: insert_rep_change
-- Audit of a change to a rep.
INSERT INTO rep_changes (rep_id, changed_at, changed_by, before, after) VALUES ($1, $2, $3, $4, $5)

-- name: insert_token
-- A rep's token, hashed.
INSERT INTO rep_tokens (token_hash, rep_id, created_at) VALUES ($1, $2, $3)

-- name: rep_of_token
-- Whose token it is.
SELECT r.id FROM rep_tokens t JOIN reps r ON r.id = t.rep_id WHERE t.token_hash = $1

-- name: insert_act
-- Keeps an act and its answer.
INSERT INTO acts (id, lead_id, rep_id, round, kind, at, key, content, answer, progressed_seq)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)

-- name: acts_of_rep
-- What a rep did on a lead, oldest first.
SELECT kind, content, key, round, at, answer FROM acts WHERE lead_id = $1 AND rep_id = $2
ORDER BY at, progressed_seq NULLS FIRST, id

-- name: rounds_of_rep
-- The rounds a rep had on a lead, oldest first.
SELECT round, ended_by, ended_at FROM assignments WHERE lead_id = $1 AND rep_id = $2 ORDER BY round

-- name: my_assignments
-- The open leads of a rep.
SELECT a.*, l.person_id, l.line, l.account, l.profile, l.score, l.quadrant, l.form_id, l.source, l.campaign,
       l.submissions, l.is_test
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
SELECT rep_id, round, kind, at, content FROM acts WHERE lead_id = $1
ORDER BY at, progressed_seq NULLS FIRST, id

-- name: decisions_of_lead
-- All decision records of a lead, oldest first.
SELECT * FROM decisions WHERE lead_id = $1 ORDER BY at, routed_seq NULLS FIRST, round, id

-- name: timer_news_of_lead
-- Warnings and breaches of a lead.
SELECT kind, level, round, rep_id, due_at, fired_at, effect FROM timer_news WHERE lead_id = $1 ORDER BY fired_at, id

-- name: all_pools
-- Every pool with the number of leads it holds.
SELECT p.id, p.drain_due, p.next_opening, coalesce(h.held, 0)::integer AS held
FROM pools p
LEFT JOIN (SELECT pool_id, count(*) AS held FROM leads WHERE state = 'held' GROUP BY pool_id) h ON h.pool_id = p.id
ORDER BY p.id

-- name: held_leads
-- Leads that wait, in the order they are drained.
SELECT id, line, pool_id, quadrant, hold_reason, held_since, next_try_at, received_at, is_test
FROM leads WHERE state = 'held' ORDER BY pool_id NULLS FIRST, rank, received_at, id LIMIT $1

-- name: leads_by_state
-- How many leads are in each state.
SELECT state, count(*) AS leads FROM leads GROUP BY state

-- name: held_by_reason
-- How many leads wait for what.
SELECT hold_reason, count(*) AS leads FROM leads WHERE state = 'held' GROUP BY hold_reason

-- name: note_openings
-- Pools whose next rep has come to work: a drain is due.
UPDATE pools SET drain_due = true, next_opening = NULL
WHERE id IN (SELECT id FROM pools WHERE next_opening <= $1 ORDER BY id FOR NO KEY UPDATE)

-- name: pools_to_drain
-- Pools in which a held lead may find a rep.
SELECT id FROM pools WHERE drain_due ORDER BY id

-- name: mark_drain_due
-- Pools of a rep who can take more than before.
UPDATE pools SET drain_due = true WHERE id = ANY($1::text[])

-- name: rest_pool
-- A pool that the rulebook in force does not know: nothing to drain.
UPDATE pools SET drain_due = false, next_opening = NULL WHERE id = $1
