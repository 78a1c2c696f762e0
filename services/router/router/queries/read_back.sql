-- After a restore: what stands on the router's own topics and not in its store.

-- name: insert_read_rounds
-- Rounds that began after the moment of the restore. Their reps were told then.
INSERT INTO assignments
    (id, lead_id, rep_id, pool_id, round, assigned_at, rulebook_version, why, accept_within, respond_within, accept_by,
     respond_by, ended_at, ended_by, told_at, end_told_at, is_read_back)
SELECT n.id, n.lead_id, n.rep_id, n.pool_id, n.round, n.assigned_at, n.rulebook_version, n.why, n.accept_within,
       n.respond_within, n.accept_by, n.respond_by, n.ended_at, n.ended_by, n.assigned_at, n.ended_at,
       true
FROM unnest(
    $1::uuid[], $2::uuid[], $3::text[], $4::text[], $5::integer[], $6::timestamptz[], $7::integer[], $8::text[],
    $9::interval[], $10::interval[], $11::timestamptz[], $12::timestamptz[], $13::timestamptz[], $14::text[]
) AS n (
    id, lead_id, rep_id, pool_id, round, assigned_at, rulebook_version, why, accept_within, respond_within, accept_by,
    respond_by, ended_at, ended_by
)
ON CONFLICT DO NOTHING

-- name: end_read_rounds
-- Rounds that were open at the moment of the restore and ended after it. Their reps were told then.
UPDATE assignments a SET ended_at = n.ended_at, ended_by = n.ended_by, end_told_at = n.ended_at,
    told_at = coalesce(a.told_at, n.ended_at)
FROM unnest($1::uuid[], $2::integer[], $3::timestamptz[], $4::text[]) AS n (lead_id, round, ended_at, ended_by)
WHERE a.lead_id = n.lead_id AND a.round = n.round AND a.ended_at IS NULL

-- name: note_read_acts
-- What reps did in rounds, the first time of each; how often and when last the buyer asked again.
UPDATE assignments a SET
    accepted_at = coalesce(a.accepted_at, n.accepted_at), contacted_at = coalesce(a.contacted_at, n.contacted_at),
    talked_at = coalesce(a.talked_at, n.talked_at), asked_again = a.asked_again + n.asked_again,
    asked_again_at = greatest(a.asked_again_at, n.asked_again_at)
FROM unnest(
    $1::uuid[], $2::integer[], $3::timestamptz[], $4::timestamptz[], $5::timestamptz[], $6::integer[], $7::timestamptz[]
) AS n (lead_id, round, accepted_at, contacted_at, talked_at, asked_again, asked_again_at)
WHERE a.lead_id = n.lead_id AND a.round = n.round

-- name: insert_read_acts
-- Acts as they were told; the keys they came under are not known any more.
INSERT INTO acts (id, lead_id, rep_id, round, kind, at, content, answer, progressed_seq, proof, contact)
SELECT n.id, n.lead_id, n.rep_id, n.round, n.kind, n.at, n.content::jsonb, n.answer::jsonb, n.seq, n.proof, n.contact
FROM unnest(
    $1::uuid[], $2::uuid[], $3::text[], $4::integer[], $5::text[], $6::timestamptz[], $7::text[], $8::text[],
    $9::integer[], $10::text[], $11::text[]
) AS n (id, lead_id, rep_id, round, kind, at, content, answer, seq, proof, contact)
ON CONFLICT DO NOTHING

-- name: acts_counted
-- How many acts of each rep on these leads are kept.
SELECT lead_id, rep_id, count(*)::integer AS acts FROM acts WHERE lead_id = ANY($1::uuid[]) GROUP BY lead_id, rep_id

-- name: rounds_of_leads
-- Every round of these leads.
SELECT id, lead_id, round, rep_id, assigned_at, rulebook_version FROM assignments WHERE lead_id = ANY($1::uuid[])

-- name: insert_read_asks
-- Asks that their reps were shown.
INSERT INTO asks_again (id, lead_id, round, rep_id, kind, form_id, source, asked_at, at, cause_id, told_at)
SELECT n.id, n.lead_id, n.round, n.rep_id, 'submission', l.form_id, l.source, n.asked_at, n.at, n.cause_id, n.at
FROM unnest(
    $1::uuid[], $2::uuid[], $3::integer[], $4::text[], $5::timestamptz[], $6::timestamptz[], $7::uuid[]
) AS n (id, lead_id, round, rep_id, asked_at, at, cause_id)
JOIN leads l ON l.id = n.lead_id
ON CONFLICT DO NOTHING

-- name: note_handled
-- Up to which state of each lead its effect was read back.
UPDATE leads SET handled_seq = greatest(leads.handled_seq, n.seq)
FROM unnest($1::uuid[], $2::bigint[]) AS n (id, seq) WHERE leads.id = n.id

-- name: insert_read_reps
-- Reps whom the restored roster lacks, as far as an event tells of them: they keep their leads and get no new ones.
INSERT INTO reps (id, name, email, team, lines, languages, weight, capacity, calendar, hours, absences, document)
SELECT n.id, n.name, '', n.team, ARRAY[n.line], '{}', 0, 0, '', n.hours::jsonb, '[]', n.hours::jsonb
FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[]) AS n (id, name, team, line, hours)
ON CONFLICT DO NOTHING RETURNING id

-- name: lock_read_reps
-- Reps whose load changes, in the order of every lock.
SELECT id FROM reps WHERE id = ANY($1::text[]) ORDER BY id FOR NO KEY UPDATE

-- name: count_load
-- What these reps have in hand, counted from their rounds.
UPDATE reps SET open = (SELECT count(*) FROM assignments a WHERE a.rep_id = reps.id AND a.ended_at IS NULL)
WHERE id = ANY($1::text[])

-- name: insert_told_reps
-- Reps whom the restored roster lacks, as their hours were told last: nobody gets a lead before they are entered again.
INSERT INTO reps
    (id, name, email, team, lines, languages, weight, capacity, calendar, hours, absences, document, is_active, revision)
SELECT n.id, n.name, '', n.team, '{}', '{}', 0, 0, '', n.hours::jsonb, '[]', n.hours::jsonb, n.is_active, n.revision
FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::boolean[], $6::integer[])
    AS n (id, name, team, hours, is_active, revision)
ORDER BY n.id
ON CONFLICT DO NOTHING RETURNING id

-- name: raise_revisions
-- Reps whose hours were told under higher numbers than the store has: they are numbered on.
UPDATE reps SET revision = told.revision + 1
FROM unnest($1::text[], $2::integer[]) AS told (id, revision)
WHERE reps.id = told.id AND reps.revision < told.revision
RETURNING reps.*
