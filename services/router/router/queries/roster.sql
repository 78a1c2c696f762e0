-- Reps as data, their changes and their tokens.

-- name: lock_reps
-- Reps by id.
SELECT * FROM reps WHERE id = ANY($1::text[]) ORDER BY id FOR NO KEY UPDATE

-- name: roster
-- All reps, without locks: who belongs to which pool.
SELECT id, team, email, is_active FROM reps ORDER BY id

-- name: insert_reps
-- New reps; known ones stay as they are. Lists go as text.
INSERT INTO reps
    (id, name, email, team, weight, capacity, per_day, per_week, calendar, texts, crm_id, ramp_up, lines, languages,
     skills, absences, absence_feeds, notify, own_hours, hours, document, reoffer_at)
SELECT n.id, n.name, n.email, n.team, n.weight, n.capacity, n.per_day, n.per_week, n.calendar, n.texts, n.crm_id,
       n.ramp_up, ARRAY(SELECT jsonb_array_elements_text(n.lines::jsonb)),
       ARRAY(SELECT jsonb_array_elements_text(n.languages::jsonb)),
       ARRAY(SELECT jsonb_array_elements_text(n.skills::jsonb)), n.absences::jsonb,
       ARRAY(SELECT jsonb_array_elements_text(n.feeds::jsonb)), n.notify::jsonb, n.own_hours, n.hours, n.document,
       n.reoffer_at
FROM unnest(
    $1::text[], $2::text[], $3::text[], $4::text[], $5::integer[], $6::integer[], $7::integer[], $8::integer[],
    $9::text[], $10::text[], $11::text[], $12::jsonb[], $13::text[], $14::text[], $15::text[], $16::text[],
    $17::text[], $18::text[], $19::jsonb[], $20::jsonb[], $21::jsonb[], $22::timestamptz[]
) AS n (id, name, email, team, weight, capacity, per_day, per_week, calendar, texts, crm_id, ramp_up, lines,
        languages, skills, absences, feeds, notify, own_hours, hours, document, reoffer_at)
ON CONFLICT (id) DO NOTHING RETURNING id

-- name: all_reps
-- The roster in full.
SELECT * FROM reps ORDER BY id

-- name: one_rep
-- One rep.
SELECT * FROM reps WHERE id = $1

-- name: update_rep
-- Writes a rep's changed roster data.
UPDATE reps SET name = $2, email = $3, team = $4, lines = $5, languages = $6, skills = $7, weight = $8, capacity = $9,
    per_day = $10, per_week = $11, ramp_up = $12, calendar = $13, own_hours = $14, absences = $15,
    absence_feeds = $16, notify = $17, texts = $18, crm_id = $19, is_active = $20, returned = $21, left_at = $22,
    hours = $23, document = $24, reoffer_at = $25, revision = revision + 1
WHERE id = $1

-- name: update_rep_hours
-- Writes the hours that a calendar gives a rep; whole days of absence begin by its time zone.
UPDATE reps SET hours = $2, document = $3, reoffer_at = $4, revision = revision + 1 WHERE id = $1

-- name: one_newcomer_at_a_time
-- Whoever adds a rep or changes an address waits for the others, so that no two get one id or address. Taken first.
SELECT pg_advisory_xact_lock(hashtextextended('baton ' || current_schema() || ' rep addresses', 0))

-- name: insert_rep_change
-- Audit of a change to a rep.
INSERT INTO rep_changes (rep_id, changed_at, changed_by, before, after) VALUES ($1, $2, $3, $4, $5)

-- name: rep_changes
-- The audit of a rep, newest first.
SELECT changed_at, changed_by, before, after FROM rep_changes WHERE rep_id = $1 ORDER BY id DESC LIMIT $2

-- name: other_of_email
-- Another rep with this address.
SELECT id FROM reps WHERE lower(email) = lower($1) AND id <> $2 ORDER BY id LIMIT 1

-- name: reps_of_slack_member
-- Who is told as this member of Slack; more than one where the roster is wrong.
SELECT id, name, texts, hours ->> 'tz' AS tz FROM reps
WHERE left_at IS NULL AND (
    notify @> jsonb_build_array(jsonb_build_object('channel', 'slack', 'to', $1::text))
    OR notify @> jsonb_build_array(jsonb_build_object('channel', 'slack', 'member', $1::text))
)
ORDER BY id LIMIT 2

-- name: teams
-- All teams.
SELECT id, name, lead, notify FROM teams ORDER BY id

-- name: lock_team
-- One team.
SELECT id, name, lead, notify FROM teams WHERE id = $1 FOR NO KEY UPDATE

-- name: insert_teams
-- New teams of a version of the rulebook; known ones stay as they are. Lists go as text.
INSERT INTO teams (id, name, lead, notify)
SELECT n.id, n.name, n.lead, n.notify::jsonb
FROM unnest($1::text[], $2::text[], $3::text[], $4::text[]) AS n (id, name, lead, notify)
ON CONFLICT (id) DO NOTHING

-- name: put_team
-- A team as it is from now on.
INSERT INTO teams (id, name, lead, notify) VALUES ($1, $2, $3, $4)
ON CONFLICT (id) DO UPDATE SET name = excluded.name, lead = excluded.lead, notify = excluded.notify

-- name: leave_teams
-- Teams that somebody led have no lead now.
UPDATE teams SET lead = NULL WHERE lead = $1 RETURNING id

-- name: insert_team_change
-- Audit of a change to a team.
INSERT INTO team_changes (team_id, changed_at, changed_by, before, after) VALUES ($1, $2, $3, $4, $5)

-- name: reps_to_reoffer
-- Reps whose absence has begun: their unanswered leads go on.
SELECT id FROM reps WHERE reoffer_at <= $1 ORDER BY reoffer_at, id LIMIT 100

-- name: set_reoffer
-- When a rep's unanswered leads go on next.
UPDATE reps SET reoffer_at = $2 WHERE id = $1

-- name: note_told
-- The absence that a team lead was told of, by its beginning.
UPDATE reps SET lead_told_of = $2 WHERE id = $1

-- name: unanswered_of_rep
-- Leads that a rep has neither accepted nor contacted, oldest first, less those in $2.
SELECT lead_id FROM assignments
WHERE rep_id = $1 AND ended_at IS NULL AND accepted_at IS NULL AND contacted_at IS NULL AND NOT lead_id = ANY($2::uuid[])
ORDER BY assigned_at, lead_id LIMIT $3

-- name: open_of_reps
-- The open rounds of reps, the one due first on top.
SELECT a.lead_id, a.rep_id, l.line, l.quadrant, l.person_id, a.round, a.assigned_at, a.accepted_at, a.contacted_at,
       a.accept_by, a.respond_by
FROM assignments a JOIN leads l ON l.id = a.lead_id
WHERE a.rep_id = ANY($1::text[]) AND a.ended_at IS NULL
ORDER BY coalesce(a.accept_by, a.respond_by), a.assigned_at, a.lead_id
