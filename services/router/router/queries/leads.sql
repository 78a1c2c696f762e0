-- Leads and their locks. Batches go through unnest; locks are FOR NO KEY UPDATE, so that foreign keys do not wait.

-- name: insert_stubs
-- The first event of a lead makes its row, in order of ids so that two writers cannot wait for each other.
INSERT INTO leads (id) SELECT unnest($1::uuid[]) ON CONFLICT DO NOTHING

-- name: lock_leads
-- Leads of a batch, locked by id.
SELECT * FROM leads WHERE id = ANY($1::uuid[]) ORDER BY id FOR NO KEY UPDATE

-- name: lock_waiting_leads
-- Held leads of the kinds asked for, up to $6 of each and $8 in all, best first; busy ones are left. A kind is a pool
-- ($1), line, needs and who had them before ($4); $5: those that still ask for what they prefer at $7, or do no more.
WITH picked AS (
    SELECT l.id
    FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::boolean[], $6::integer[])
        AS asked (pool, line, needs, had_by, strict, places)
    CROSS JOIN LATERAL (
        SELECT id, rank, received_at FROM leads
        WHERE state = 'held' AND handling IS NULL AND hold_reason <> 'waits_for_owner'
          AND pool_id = asked.pool AND line = asked.line AND needs = asked.needs AND had_by = asked.had_by
          AND (asked.strict IS NULL OR coalesce(relax_at > $7, true) = asked.strict)
        ORDER BY rank, received_at, id LIMIT asked.places
    ) AS l
    ORDER BY l.rank, l.received_at, l.id LIMIT $8
)
SELECT * FROM leads
WHERE id = ANY(ARRAY(SELECT id FROM picked)) AND state = 'held' AND handling IS NULL
  AND hold_reason <> 'waits_for_owner' AND pool_id = ANY($1::text[])
ORDER BY rank, received_at, id FOR NO KEY UPDATE SKIP LOCKED

-- name: lock_nobodys
-- Held leads of the kinds asked for, as `lock_waiting_leads` names them, that were not told to have nobody left; the
-- best of each kind first, busy ones are left.
WITH picked AS (
    SELECT l.id
    FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::boolean[]) AS asked (pool, line, needs, had_by, strict)
    CROSS JOIN LATERAL (
        SELECT id FROM leads
        WHERE state = 'held' AND handling IS NULL
          AND hold_reason NOT IN ('waits_for_owner', 'pool_empty', 'needs_unmet')
          AND pool_id = asked.pool AND line = asked.line AND needs = asked.needs AND had_by = asked.had_by
          AND (asked.strict IS NULL OR coalesce(relax_at > $6, true) = asked.strict)
        ORDER BY rank, received_at, id LIMIT $7
    ) AS l
    LIMIT $7
)
SELECT * FROM leads
WHERE id = ANY(ARRAY(SELECT id FROM picked)) AND state = 'held' AND handling IS NULL
  AND hold_reason NOT IN ('waits_for_owner', 'pool_empty', 'needs_unmet') AND pool_id = ANY($1::text[])
ORDER BY rank, received_at, id FOR NO KEY UPDATE SKIP LOCKED

-- name: lock_orphans
-- Held leads in none of the pools $1, or of partners ($4) without the person's consent to that ($5) as far as their state
-- is known, whose line has a plan ($2); busy ones are left. Which pools hold any takes one look into the index for each.
WITH RECURSIVE pools AS (
    (SELECT pool_id FROM leads WHERE state = 'held' AND pool_id IS NOT NULL ORDER BY pool_id LIMIT 1)
    UNION ALL
    SELECT next.pool_id
    FROM pools p
    CROSS JOIN LATERAL (
        SELECT pool_id FROM leads WHERE state = 'held' AND pool_id > p.pool_id ORDER BY pool_id LIMIT 1
    ) AS next
), picked AS (
    SELECT l.id FROM pools
    CROSS JOIN LATERAL (
        SELECT id FROM leads WHERE state = 'held' AND pool_id = pools.pool_id AND line = ANY($2::text[])
        ORDER BY rank, received_at, id LIMIT $3
    ) AS l
    WHERE NOT pools.pool_id = ANY($1::text[])
    UNION ALL
    (SELECT id FROM leads WHERE state = 'held' AND pool_id IS NULL AND line = ANY($2::text[])
     ORDER BY rank, received_at, id LIMIT $3)
    UNION ALL
    (SELECT id FROM leads JOIN unnest($4::text[], $5::text[]) AS partners (pool, purpose) ON pool_id = pool
     WHERE state = 'held' AND scored_seq > 0 AND line = ANY($2::text[])
       AND NOT coalesce(told #>> '{consent,given}' = 'true' AND told #> '{consent,purposes}' ? purpose, false)
     ORDER BY rank, received_at, id LIMIT $3)
)
SELECT * FROM leads
WHERE id = ANY(ARRAY(SELECT id FROM picked)) AND state = 'held' AND line = ANY($2::text[])
  AND (pool_id IS NULL OR NOT pool_id = ANY($1::text[]) OR pool_id = ANY($4::text[]))
ORDER BY rank, received_at, id LIMIT $3 FOR NO KEY UPDATE SKIP LOCKED

-- name: lock_imported
-- Held leads of an import, up to $8 of each kind and $10 in all, best first, that one of the reps named with the kind
-- may take; busy ones are left. An owner column holds an id or e-mail: one of theirs, or of nobody in the pool.
WITH picked AS (
    SELECT l.id
    FROM unnest($4::text[], $5::boolean[], $6::text[], $7::text[], $8::integer[])
        AS asked (needs, strict, reps, names, places)
    CROSS JOIN LATERAL (
        SELECT id, rank, received_at FROM leads
        WHERE state = 'held' AND handling IS NOT NULL AND pool_id = $1 AND line = $2 AND handling->>'import_id' = $3
          AND needs = asked.needs AND (asked.strict IS NULL OR coalesce(relax_at > $11, true) = asked.strict)
          AND NOT (excluded ?& string_to_array(asked.reps, ','))
          AND (handling->>'mode' <> 'owner'
               OR lower(trim(coalesce(handling->>'owner', ''))) = ANY(string_to_array(asked.names, ','))
               OR NOT lower(trim(coalesce(handling->>'owner', ''))) = ANY($9::text[]))
        ORDER BY rank, received_at, id LIMIT asked.places
    ) AS l
    ORDER BY l.rank, l.received_at, l.id LIMIT $10
)
SELECT * FROM leads
WHERE id = ANY(ARRAY(SELECT id FROM picked)) AND state = 'held' AND handling IS NOT NULL AND pool_id = $1
ORDER BY rank, received_at, id FOR NO KEY UPDATE SKIP LOCKED

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
    chosen = n.chosen, waits_for = n.waits_for
FROM unnest(
    $1::uuid[], $2::text[], $3::uuid[], $4::text[], $5::bigint[], $6::bigint[], $7::bigint[], $8::text[], $9::text[],
    $10::jsonb[], $11::jsonb[], $12::text[], $13::text[], $14::text[], $15::integer[], $16::boolean[], $17::boolean[],
    $18::timestamptz[], $19::timestamptz[], $20::integer[], $21::integer[], $22::text[], $23::smallint[], $24::text[],
    $25::timestamptz[], $26::timestamptz[], $27::jsonb[], $28::uuid[], $29::timestamptz[], $30::text[], $31::bigint[],
    $32::jsonb[], $33::jsonb[], $34::text[], $35::timestamptz[], $36::bigint[], $37::jsonb[],
    $38::jsonb[], $39::text[]
) AS n (
    id, state, person_id, line, scored_seq, routed_seq, progressed_seq, quadrant, stage, profile, score, form_id,
    source, campaign, submissions, asks, is_test, received_at, sql_at, rulebook_version, round, pool_id, rank,
    hold_reason, held_since, next_try_at, excluded, last_routed, closed_at, close_reason, closing_seq, handling,
    account, needs, relax_at, value_minor, told, chosen, waits_for
)
WHERE leads.id = n.id

-- name: kinds_waiting
-- Which needs the held leads of pools have, by line and by who had them before: one look into the index for each.
WITH RECURSIVE kinds AS (
    SELECT first.* FROM unnest($1::text[]) AS pool (id)
    CROSS JOIN LATERAL (
        SELECT pool_id, line, needs, had_by, excluded FROM leads
        WHERE state = 'held' AND handling IS NULL AND hold_reason <> 'waits_for_owner' AND pool_id = pool.id
        ORDER BY line, needs, had_by LIMIT 1
    ) AS first
    UNION ALL
    SELECT next.*
    FROM kinds k
    CROSS JOIN LATERAL (
        SELECT pool_id, line, needs, had_by, excluded FROM leads
        WHERE state = 'held' AND handling IS NULL AND hold_reason <> 'waits_for_owner' AND pool_id = k.pool_id
          AND (line, needs, had_by) > (k.line, k.needs, k.had_by)
        ORDER BY line, needs, had_by LIMIT 1
    ) AS next
)
SELECT pool_id, line, needs, had_by, excluded FROM kinds

-- name: queues_waiting
-- Which of the pools and lines hold a lead of a kind asked for, as `lock_waiting_leads` names them.
SELECT DISTINCT asked.pool AS pool_id, asked.line
FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::boolean[]) AS asked (pool, line, needs, had_by, strict)
WHERE EXISTS (
    SELECT FROM leads l
    WHERE l.state = 'held' AND l.handling IS NULL AND l.hold_reason <> 'waits_for_owner'
      AND l.pool_id = asked.pool AND l.line = asked.line AND l.needs = asked.needs
      AND l.had_by = asked.had_by
      AND (asked.strict IS NULL OR coalesce(l.relax_at > $6, true) = asked.strict)
)

-- name: imports_waiting
-- Which imports have leads that wait, by pool, line and needs: one look into the index for each.
WITH RECURSIVE waiting AS (
    (SELECT pool_id, line, handling->>'import_id' AS import_id, needs, handling FROM leads
     WHERE state = 'held' AND handling IS NOT NULL AND pool_id IS NOT NULL
     ORDER BY pool_id, line, handling->>'import_id', needs LIMIT 1)
    UNION ALL
    SELECT next.*
    FROM waiting w
    CROSS JOIN LATERAL (
        SELECT pool_id, line, handling->>'import_id', needs, handling FROM leads
        WHERE state = 'held' AND handling IS NOT NULL AND pool_id IS NOT NULL
          AND (pool_id, line, handling->>'import_id', needs) > (w.pool_id, w.line, w.import_id, w.needs)
        ORDER BY pool_id, line, handling->>'import_id', needs LIMIT 1
    ) AS next
)
SELECT pool_id, line, import_id, needs, (handling->>'per_rep_daily')::integer AS per_rep_daily FROM waiting

-- name: insert_late_arrivals
-- Asks on closed leads that were not answered before.
INSERT INTO late_arrivals (lead_id, cause_id, at)
SELECT DISTINCT lead_id, cause_id, $3::timestamptz FROM unnest($1::uuid[], $2::uuid[]) AS n (lead_id, cause_id)
ON CONFLICT DO NOTHING RETURNING lead_id, cause_id

-- name: insert_asks
-- Keeps asks on leads that a rep has, each once; which of them are new.
INSERT INTO asks_again (id, lead_id, round, rep_id, kind, form_id, source, asked_at, at, cause_id)
SELECT * FROM unnest(
    $1::uuid[], $2::uuid[], $3::integer[], $4::text[], $5::text[], $6::text[], $7::text[], $8::timestamptz[],
    $9::timestamptz[], $10::uuid[]
)
ON CONFLICT DO NOTHING RETURNING id

-- name: insert_timer_news
-- Keeps warnings, breaches, reminders and withdrawals.
INSERT INTO timer_news
    (id, lead_id, kind, level, round, rep_id, due_at, fired_at, effect, told, timer_id, opened_at, agreement,
     rulebook_version, is_trial, number, at_most, withdraws)
SELECT * FROM unnest(
    $1::uuid[], $2::uuid[], $3::text[], $4::text[], $5::integer[], $6::text[], $7::timestamptz[], $8::timestamptz[],
    $9::text[], $10::text[], $11::uuid[], $12::timestamptz[], $13::text[], $14::integer[], $15::boolean[], $16::integer[],
    $17::integer[], $18::uuid[]
)
ON CONFLICT DO NOTHING

-- name: withdrawn_breaches
-- Those of some breaches that are taken back.
SELECT withdraws FROM timer_news WHERE withdraws = ANY($1::uuid[])

-- name: standing_breaches
-- The last breach of each round that its rep was shown and that nothing takes back.
SELECT n.lead_id, n.round, max(n.fired_at) AS at
FROM timer_news n JOIN unnest($1::uuid[], $2::integer[]) AS asked (lead_id, round) USING (lead_id, round)
WHERE n.level = 'breached' AND NOT n.is_trial AND n.id <> ALL($3::uuid[])
    AND n.effect NOT IN ('breach_time_left', 'breach_paused', 'breach_withdrawn')
    AND NOT EXISTS (SELECT FROM timer_news w WHERE w.withdraws = n.id)
GROUP BY n.lead_id, n.round

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

-- name: owners_waited_for
-- Whose leads wait, for them or in a queue since they could not take them, as the plan or the CRM names them: one look
-- into the index for each.
WITH RECURSIVE owners AS (
    (SELECT waits_for FROM leads WHERE state = 'held' AND waits_for IS NOT NULL ORDER BY waits_for LIMIT 1)
    UNION ALL
    SELECT next.waits_for
    FROM owners o
    CROSS JOIN LATERAL (
        SELECT waits_for FROM leads WHERE state = 'held' AND waits_for > o.waits_for ORDER BY waits_for LIMIT 1
    ) AS next
)
SELECT waits_for FROM owners

-- name: lock_waiting_for_owners
-- Leads that wait for whom they belong to and are to look again; busy ones are left.
SELECT * FROM leads WHERE state = 'held' AND hold_reason = 'waits_for_owner' AND next_try_at <= $1
ORDER BY next_try_at, rank, received_at, id LIMIT $2 FOR NO KEY UPDATE SKIP LOCKED

-- name: lock_waiting_for
-- Up to $3 leads that wait and belong to an owner who can take so many now ($2), best first; busy ones are left.
WITH picked AS (
    SELECT l.id
    FROM unnest($1::text[], $2::integer[]) AS owner (name, places)
    CROSS JOIN LATERAL (
        SELECT id, rank, received_at FROM leads
        WHERE state = 'held' AND waits_for = owner.name
        ORDER BY rank, received_at, id LIMIT owner.places
    ) AS l
    ORDER BY l.rank, l.received_at, l.id LIMIT $3
)
SELECT * FROM leads
WHERE id = ANY(ARRAY(SELECT id FROM picked)) AND state = 'held' AND handling IS NULL AND waits_for = ANY($1::text[])
ORDER BY rank, received_at, id FOR NO KEY UPDATE SKIP LOCKED

-- name: owners_look_again
-- Another plan is in force: who waits for an owner looks again, $2 of them at a time.
UPDATE leads SET next_try_at = $1 WHERE id IN (
    SELECT id FROM leads
    WHERE state = 'held' AND hold_reason = 'waits_for_owner' AND next_try_at > $1
    ORDER BY id LIMIT $2 FOR NO KEY UPDATE
) RETURNING id

-- name: next_relaxing
-- When the first of a pool's held leads gives up what it only prefers.
SELECT min(relax_at) FROM leads WHERE state = 'held' AND handling IS NULL AND pool_id = $1 AND relax_at > $2
