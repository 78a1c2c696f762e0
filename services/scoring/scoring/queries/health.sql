-- Form health: submissions counted in the order they were stored, and the alerts that follow from it.

-- name: horizon
-- Before this moment everything is visible that will ever be stored: a margin, and no transaction of this service
-- that began earlier is still open.
SELECT least($1::timestamptz - interval '5 seconds', (
    SELECT min(xact_start) FROM pg_stat_activity
    WHERE datname = current_database() AND pid <> pg_backend_pid()
        AND application_name = current_setting('application_name')
))

-- name: lock_position
-- Up to where submissions have been counted.
SELECT stored_at, submission_id FROM form_health_position FOR UPDATE

-- name: move_position
-- Counted up to here.
INSERT INTO form_health_position (stored_at, submission_id) VALUES ($1, $2)
ON CONFLICT (is_only) DO UPDATE SET stored_at = excluded.stored_at, submission_id = excluded.submission_id

-- name: submissions_after
-- The next submissions in the order they were stored, with what health looks at.
SELECT id, form_id, received_at, stored_at, state, event -> 'profile' AS profile, event -> 'fields' AS fields,
    event -> 'flags' AS flags, event -> 'unmapped' AS unmapped, event -> 'verdict' ->> 'reason' AS reason,
    coalesce((event ->> 'is_test')::boolean, false) AS is_test,
    is_bulk OR coalesce(jsonb_typeof(event -> 'imported') = 'object', false) AS is_import
FROM submissions WHERE (stored_at, id) > ($1, $2::uuid) AND stored_at < $3
ORDER BY stored_at, id LIMIT $4

-- name: recounts_due
-- Forms of which submissions came again, all of them before $1 or the first before $2.
SELECT form_id, asks FROM form_recounts WHERE last_at <= $1 OR first_at <= $2 ORDER BY form_id

-- name: recounted
-- A form was counted again, unless that was asked for again meanwhile.
DELETE FROM form_recounts WHERE form_id = $1 AND asks = $2

-- name: ask_recount
-- Forms of which submissions came again.
INSERT INTO form_recounts (form_id, asks, first_at, last_at) SELECT form_id, 1, $2, $2 FROM unnest($1::text[]) AS form_id
ON CONFLICT (form_id) DO UPDATE SET asks = form_recounts.asks + 1, last_at = excluded.last_at

-- name: recount_from
-- The newest submission of a form that is too old to be counted again.
SELECT received_at, id FROM submissions WHERE form_id = $1 ORDER BY received_at DESC, id DESC OFFSET $2 LIMIT 1

-- name: counted_of_form
-- Submissions of a form that have been counted, in order of reception from a place on, with what health looks at.
SELECT s.id, form_id, received_at, s.stored_at, state, event -> 'profile' AS profile, event -> 'fields' AS fields,
    event -> 'flags' AS flags, event -> 'unmapped' AS unmapped, event -> 'verdict' ->> 'reason' AS reason,
    coalesce((event ->> 'is_test')::boolean, false) AS is_test,
    is_bulk OR coalesce(jsonb_typeof(event -> 'imported') = 'object', false) AS is_import
FROM submissions s, form_health_position p
WHERE form_id = $1 AND (received_at, s.id) > ($2, $3::uuid) AND (s.stored_at, s.id) <= (p.stored_at, p.submission_id)
ORDER BY received_at, s.id LIMIT $4

-- name: waiting_of_forms
-- How many wait in quarantine and nobody has decided on.
SELECT form_id, count(*) AS submissions FROM quarantine WHERE form_id = ANY($1::text[]) AND action_id IS NULL
GROUP BY form_id

-- name: unread_values
-- Which values of a form's newest $2 submissions could not be used, such as country:unknown, and in how many.
SELECT flag, count(*) AS submissions, max(received_at) AS last_at
FROM (
    SELECT received_at, CASE jsonb_typeof(event -> 'flags') WHEN 'array' THEN event -> 'flags' ELSE '[]' END AS flags
    FROM submissions WHERE form_id = $1 ORDER BY received_at DESC, id DESC LIMIT $2
) newest, jsonb_array_elements_text(flags) AS flag
WHERE flag LIKE ANY ('{%:unknown,%:unknown_value,%:unusable}')
GROUP BY flag ORDER BY flag

-- name: forms_health
-- How these forms are.
SELECT * FROM form_health WHERE form_id = ANY($1::text[])

-- name: all_forms_health
-- How all forms are that anything came from.
SELECT * FROM form_health ORDER BY form_id

-- name: imports_of_forms
-- What these forms had from files: it counts nowhere in their health.
SELECT form_id, count(*) AS files, sum(published)::bigint AS rows, max(told_at) AS last_at
FROM imports WHERE form_id = ANY($1::text[]) AND published > 0 GROUP BY form_id

-- name: save_health
-- Forms whose counts have changed.
INSERT INTO form_health (form_id, first_at, last_at, submissions, quarantined, counted, fields, unmapped)
SELECT * FROM unnest($1::text[], $2::timestamptz[], $3::timestamptz[], $4::bigint[], $5::bigint[], $6::bigint[],
    $7::jsonb[], $8::jsonb[])
ON CONFLICT (form_id) DO UPDATE SET first_at = excluded.first_at, last_at = excluded.last_at,
    submissions = excluded.submissions, quarantined = excluded.quarantined, counted = excluded.counted,
    fields = excluded.fields, unmapped = excluded.unmapped

-- name: add_slots
-- More submissions in quarters of an hour.
INSERT INTO form_slots (form_id, slot, submissions)
SELECT * FROM unnest($1::text[], $2::timestamptz[], $3::int[])
ON CONFLICT (form_id, slot) DO UPDATE SET submissions = form_slots.submissions + excluded.submissions

-- name: add_troubles
-- More submissions in quarantine for reasons that concern the whole form.
INSERT INTO form_troubles (form_id, slot, reason, submissions, last_stored_at)
SELECT * FROM unnest($1::text[], $2::timestamptz[], $3::text[], $4::int[], $5::timestamptz[])
ON CONFLICT (form_id, reason, slot) DO UPDATE
SET submissions = form_troubles.submissions + excluded.submissions,
    last_stored_at = greatest(form_troubles.last_stored_at, excluded.last_stored_at)

-- name: slots_of_form
-- When a form's submissions came, since a moment.
SELECT slot, submissions FROM form_slots WHERE form_id = $1 AND slot >= $2 ORDER BY slot

-- name: troubles_since
-- How many submissions each trouble took since a moment, and since when.
SELECT form_id, reason, sum(submissions)::int AS submissions, min(slot) AS since
FROM form_troubles WHERE slot >= $1 GROUP BY form_id, reason

-- name: wave_minutes
-- Suspects and those that a wave held back, received or stored since a moment, or since shortly before a wave began
-- that was told and lasts.
SELECT t.form_id, t.slot, t.reason, t.submissions, t.last_stored_at
FROM form_troubles t LEFT JOIN alerts a ON a.form_id = t.form_id AND a.kind = 'spam_wave' AND a.closed_at IS NULL
WHERE t.reason IN ('suspect', 'spam_wave') AND (t.slot >= least($1, a.since) OR t.last_stored_at >= $1)
ORDER BY t.form_id, t.slot

-- name: forget_slots
-- Quarters of an hour that are longer ago than this from the form's last submission: a silent one keeps its pattern.
DELETE FROM form_slots USING form_health
WHERE form_health.form_id = form_slots.form_id AND slot < least($1::timestamptz, last_at) - $2::interval

-- name: forget_troubles
-- Troubles before a moment.
DELETE FROM form_troubles WHERE slot < $1

-- name: note_fetches
-- What intake instances said of fetching; the latest of each holds.
INSERT INTO form_fetches (form_id, instance, vendor, state, reason, since, waiting, at)
SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::timestamptz[], $7::int[],
    $8::timestamptz[])
ON CONFLICT (form_id, instance) DO UPDATE SET vendor = excluded.vendor, state = excluded.state,
    reason = excluded.reason, since = excluded.since, waiting = excluded.waiting, at = excluded.at
WHERE form_fetches.at <= excluded.at

-- name: fetches_failing
-- Forms whose leads cannot be fetched, by what was said since a moment: a failing instance repeats itself hourly.
SELECT form_id, min(vendor) AS vendor, min(reason) AS reason, min(coalesce(since, at)) AS since,
    sum(waiting)::int AS waiting
FROM form_fetches WHERE state = 'failing' AND at >= $1 GROUP BY form_id

-- name: read_live
-- Everything sent live before this moment has been read.
SELECT min(read_up_to) FROM reading WHERE topic = 'lead-submitted'

-- name: open_alerts
-- Alerts that last.
SELECT * FROM alerts WHERE closed_at IS NULL ORDER BY opened_at, id

-- name: list_alerts
-- Alerts, newest first; with $1 only those that last.
SELECT * FROM alerts WHERE NOT $1 OR closed_at IS NULL ORDER BY opened_at DESC, id DESC LIMIT $2

-- name: acts_of
-- What was told of these alerts.
SELECT alert_id, at, act, receivers FROM alert_acts WHERE alert_id = ANY($1::uuid[]) ORDER BY at

-- name: open_alert
-- A new alert.
INSERT INTO alerts (id, kind, form_id, subject, since, opened_at, told_at, tellings, facts)
VALUES ($1, $2, $3, $4, $5, $6, $6, 1, $7)

-- name: repeat_alert
-- An alert that lasts was told again.
UPDATE alerts SET told_at = $2, tellings = tellings + 1, facts = $3 WHERE id = $1

-- name: count_alert
-- An alert that lasts, with its numbers as they are now.
UPDATE alerts SET facts = $2 WHERE id = $1

-- name: close_alert
-- An alert whose trouble has passed.
UPDATE alerts SET closed_at = $2 WHERE id = $1 AND closed_at IS NULL

-- name: note_act
-- What was told of an alert.
INSERT INTO alert_acts (alert_id, at, act, receivers) VALUES ($1, $2, $3, $4)
