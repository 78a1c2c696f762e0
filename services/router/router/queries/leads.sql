-- Leads and their locks. Batches go through unnest; locks are FOR NO KEY UPDATE, so that foreign keys do not wait.

-- name: insert_stubs
-- The first event of a lead makes its row, in order of ids so that two writers cannot wait for each other.
INSERT INTO leads (id) SELECT unnest($1::uuid[]) ON CONFLICT DO NOTHING

-- name: lock_leads
-- Leads of a batch, locked by id.
SELECT * FROM leads WHERE id = ANY($1::uuid[]) ORDER BY id FOR NO KEY UPDATE

-- name: lock_waiting_leads
-- Up to $7 held leads of a pool, line and needs, best first, that one of the reps $4 was not taken from; busy ones
-- are left. $5: those that still ask for what they prefer at $6, or those that have given it up.
SELECT * FROM leads
WHERE state = 'held' AND handling IS NULL AND hold_reason <> 'waits_for_owner'
  AND pool_id = $1 AND line = $2 AND needs = $3
  AND coalesce(relax_at > $6, true) = $5 AND NOT (excluded ?& $4::text[])
ORDER BY rank, received_at, id LIMIT $7 FOR NO KEY UPDATE SKIP LOCKED

-- name: lock_orphans
-- Held leads in none of the pools $1 whose line has a plan ($2); busy ones are left.
SELECT * FROM leads
WHERE state = 'held' AND line = ANY($2::text[]) AND (pool_id IS NULL OR NOT pool_id = ANY($1::text[]))
ORDER BY rank, received_at, id LIMIT $3 FOR NO KEY UPDATE SKIP LOCKED

-- name: lock_imported
-- Up to $7 held leads of an import, best first, that one of the reps $4 may take, busy ones left. An owner column
-- holds an id or e-mail: one of theirs ($5), or of nobody in the pool ($6).
SELECT * FROM leads
WHERE state = 'held' AND handling IS NOT NULL AND pool_id = $1 AND line = $2 AND handling->>'import_id' = $3
  AND NOT (excluded ?& $4::text[])
  AND (handling->>'mode' <> 'owner' OR lower(trim(coalesce(handling->>'owner', ''))) = ANY($5::text[])
       OR NOT lower(trim(coalesce(handling->>'owner', ''))) = ANY($6::text[]))
ORDER BY rank, received_at, id LIMIT $7 FOR NO KEY UPDATE SKIP LOCKED

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
    account = n.account, needs = n.needs, relax_at = n.relax_at, value_minor = n.value_minor, told = n.told,
    chosen = n.chosen
FROM unnest(
    $1::uuid[], $2::text[], $3::uuid[], $4::text[], $5::bigint[], $6::bigint[], $7::bigint[], $8::text[], $9::text[],
    $10::jsonb[], $11::jsonb[], $12::text[], $13::text[], $14::text[], $15::integer[], $16::boolean[], $17::boolean[],
    $18::timestamptz[], $19::timestamptz[], $20::integer[], $21::integer[], $22::text[], $23::smallint[], $24::text[],
    $25::timestamptz[], $26::timestamptz[], $27::jsonb[], $28::uuid[], $29::timestamptz[], $30::text[], $31::bigint[],
    $32::jsonb[], $33::jsonb[], $34::text[], $35::timestamptz[], $36::bigint[], $37::jsonb[],
    $38::jsonb[]
) AS n (
    id, state, person_id, line, scored_seq, routed_seq, progressed_seq, quadrant, stage, profile, score, form_id,
    source, campaign, submissions, asks, is_test, received_at, sql_at, rulebook_version, round, pool_id, rank,
    hold_reason, held_since, next_try_at, excluded, last_routed, closed_at, close_reason, closing_seq, handling,
    account, needs, relax_at, value_minor, told, chosen
)
WHERE leads.id = n.id

-- name: kinds_waiting
-- Which needs the held leads of pools have, by line: one look into the index for each.
WITH RECURSIVE kinds AS (
    (SELECT pool_id, line, needs FROM leads
     WHERE state = 'held' AND handling IS NULL AND hold_reason <> 'waits_for_owner' AND pool_id = ANY($1::text[])
     ORDER BY pool_id, line, needs LIMIT 1)
    UNION ALL
    SELECT n.pool_id, n.line, n.needs
    FROM kinds k
    CROSS JOIN LATERAL (
        SELECT pool_id, line, needs FROM leads
        WHERE state = 'held' AND handling IS NULL AND hold_reason <> 'waits_for_owner' AND pool_id = ANY($1::text[])
          AND (pool_id, line, needs) > (k.pool_id, k.line, k.needs)
        ORDER BY pool_id, line, needs LIMIT 1
    ) AS n
)
SELECT pool_id, line, needs FROM kinds

-- name: queues_waiting
-- Which of the pools and lines hold a lead of these needs that was not taken from all of the reps named with them.
SELECT DISTINCT pool_id, line
FROM unnest($1::text[], $2::text[], $3::text[], $4::boolean[], $5::text[]) AS asked (pool_id, line, needs, strict, reps)
WHERE EXISTS (
    SELECT FROM leads l
    WHERE l.state = 'held' AND l.handling IS NULL AND l.hold_reason <> 'waits_for_owner'
      AND l.pool_id = asked.pool_id AND l.line = asked.line
      AND l.needs = asked.needs AND coalesce(l.relax_at > $6, true) = asked.strict
      AND NOT (l.excluded ?& string_to_array(asked.reps, ','))
)

-- name: imports_waiting
-- Which imports have leads that wait, by pool, line and terms.
SELECT DISTINCT pool_id, line, handling->>'import_id' AS import_id, handling->>'mode' AS mode,
       (handling->>'per_rep_daily')::integer AS per_rep_daily
FROM leads WHERE state = 'held' AND handling IS NOT NULL AND pool_id IS NOT NULL ORDER BY 1, 2, 3

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

-- name: insert_timer_news
-- Keeps warnings and breaches.
INSERT INTO timer_news (id, lead_id, kind, level, round, rep_id, due_at, fired_at, effect, told)
SELECT * FROM unnest(
    $1::uuid[], $2::uuid[], $3::text[], $4::text[], $5::integer[], $6::text[], $7::timestamptz[], $8::timestamptz[],
    $9::text[], $10::text[]
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
SET value = convert_to((convert_from(value, 'UTF8')::jsonb - 'reason' - 'evidence' #- '{outcome,reason}')::text, 'UTF8')
WHERE topic = 'lead-progressed' AND EXISTS (
    SELECT 1 FROM unnest($1::text[]) AS mark WHERE position(convert_to(mark, 'UTF8') IN value) > 0)

-- name: drop_dead_letters
-- Dead letters about leads that wait to be published.
DELETE FROM outbox
WHERE topic LIKE '%-dlq' AND EXISTS (
    SELECT 1 FROM unnest($1::text[]) AS mark WHERE position(convert_to(mark, 'UTF8') IN coalesce(value, '')) > 0)

-- name: lock_waiting_for_owners
-- Leads that wait for whom they belong to and are to look again; busy ones are left.
SELECT * FROM leads WHERE state = 'held' AND hold_reason = 'waits_for_owner' AND next_try_at <= $1
ORDER BY next_try_at, id LIMIT $2 FOR NO KEY UPDATE SKIP LOCKED

-- name: next_relaxing
-- When the first of a pool's held leads gives up what it only prefers.
SELECT min(relax_at) FROM leads WHERE state = 'held' AND handling IS NULL AND pool_id = $1 AND relax_at > $2
