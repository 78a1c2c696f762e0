-- SQL of sla-monitor. Whoever changes anything about leads locks their rows first, by id.

-- name: insert_leads
-- A stub for each lead named for the first time. Sorted, so that two batches wait in one order.
INSERT INTO leads (id)
SELECT id FROM unnest($1::uuid[]) AS named (id) ORDER BY id
ON CONFLICT DO NOTHING

-- name: lock_leads
-- The leads of a batch, locked in the order of their ids.
SELECT * FROM leads WHERE id = ANY($1::uuid[]) ORDER BY id FOR UPDATE

-- name: read_lead
-- One lead for the API, not locked.
SELECT * FROM leads WHERE id = $1

-- name: update_leads
-- What a batch changed about its leads. The rows are locked already.
UPDATE leads SET
    line = new.line, source = new.source, quadrant = new.quadrant, is_test = new.is_test, state = new.state,
    hold_reason = new.hold_reason, partition = new.partition, scored_seq = new.scored_seq,
    origin_seq = new.origin_seq, origin_is_sql = new.origin_is_sql, received_at = new.received_at,
    durable_at = new.durable_at, scored_at = new.scored_at, occurred_at = new.occurred_at,
    spooled_at = new.spooled_at, released_at = new.released_at, sql_at = new.sql_at,
    router_facts = new.router_facts, router_seq = new.router_seq, next_seq = new.next_seq,
    awaits_version = new.awaits_versions[1], awaits_versions = new.awaits_versions, contacted_at = new.contacted_at, speed_counted = new.speed_counted,
    is_own = new.is_own, is_duplicate = new.is_duplicate, duplicate_counted = new.duplicate_counted
FROM jsonb_to_recordset($1::jsonb) AS new (
    id uuid, line text, source text, quadrant text, is_test boolean, state text, hold_reason text,
    partition integer, scored_seq integer, origin_seq integer, origin_is_sql boolean, received_at timestamptz,
    durable_at timestamptz, scored_at timestamptz, occurred_at timestamptz, spooled_at timestamptz,
    released_at timestamptz, sql_at timestamptz, router_facts integer, router_seq integer, next_seq integer,
    awaits_versions integer[], contacted_at timestamptz, speed_counted boolean, is_own boolean,
    is_duplicate boolean, duplicate_counted boolean
)
WHERE leads.id = new.id

-- name: insert_calendars
-- Working hours by content; equal ones are there already.
INSERT INTO calendars (id, document)
SELECT id, document FROM unnest($1::uuid[], $2::jsonb[]) AS named (id, document) ORDER BY id
ON CONFLICT DO NOTHING

-- name: read_calendars
-- Working hours that the process does not remember.
SELECT id, document FROM calendars WHERE id = ANY($1::uuid[])

-- name: insert_rep_hours
-- Changes of working time; returns those that are new.
INSERT INTO rep_hours (rep_id, revision, at, calendar_id, is_active)
SELECT rep_id, revision, at, calendar_id, is_active
FROM unnest($1::text[], $2::int[], $3::timestamptz[], $4::uuid[], $5::bool[])
    AS told (rep_id, revision, at, calendar_id, is_active)
ORDER BY rep_id, revision
ON CONFLICT DO NOTHING
RETURNING rep_id, revision

-- name: read_rep_hours
-- The changes of working time of some reps, of each since a revision: the years before it are no matter.
SELECT rep_id, revision, at, calendar_id, is_active
FROM rep_hours JOIN unnest($1::text[], $2::int[]) AS asked (rep_id, since) USING (rep_id)
WHERE revision > since ORDER BY revision

-- name: leads_running_for
-- Leads with a promise that a change of these reps' hours may move: it ran on after the change, as far as is known, or is broken and reminded of in their hours, or was broken after they had the lead: whose minutes that was.
SELECT lead_id
FROM timers JOIN unnest($1::text[], $2::timestamptz[]) AS changed (rep_id, at) USING (rep_id)
WHERE coalesce(due_at, 'infinity'::timestamptz) > changed.at AND (ended_at IS NULL OR ended_at > changed.at)
UNION
SELECT lead_id FROM timers
WHERE rep_id = ANY($1::text[]) AND state = 'breached' AND ended_at IS NULL AND reminds_at <> '{}'
UNION
SELECT lead_id
FROM timers JOIN unnest($1::text[], $2::timestamptz[]) AS changed (rep_id, at)
    ON coalesce(due_at, 'infinity'::timestamptz) > changed.at
WHERE state = 'breached' AND EXISTS (
    SELECT FROM facts
    WHERE facts.lead_id = timers.lead_id AND facts.kind = 'assigned' AND facts.rep_id = changed.rep_id
)

-- name: leads_with_breaches
-- Of some leads those with a broken promise.
SELECT DISTINCT lead_id FROM timers WHERE lead_id = ANY($1::uuid[]) AND state = 'breached'

-- name: insert_facts
-- Facts, each once by its id whatever its seq; returns those that are new.
INSERT INTO facts (
    id, lead_id, producer, seq, kind, at, round, rep_id, reason, line, team, quadrant, rulebook_version,
    calendar_id, availability_revision, is_test, contact, code, until, asked_at, result, value_minor, currency,
    duplicate_of, proof, evidence, wake_at
)
SELECT
    id, lead_id, producer, seq, kind, at, round, rep_id, reason, line, team, quadrant, rulebook_version,
    calendar_id, availability_revision, is_test, contact, code, until, asked_at, result, value_minor, currency,
    duplicate_of, proof, evidence, wake_at
FROM unnest(
    $1::uuid[], $2::uuid[], $3::text[], $4::int[], $5::text[], $6::timestamptz[], $7::int[], $8::text[], $9::text[],
    $10::text[], $11::text[], $12::text[], $13::int[], $14::uuid[], $15::int[], $16::bool[], $17::text[],
    $18::text[], $19::timestamptz[], $20::timestamptz[], $21::text[], $22::bigint[], $23::text[], $24::uuid[], $25::text[],
    $26::text[], $27::timestamptz[]
) AS told (
    id, lead_id, producer, seq, kind, at, round, rep_id, reason, line, team, quadrant, rulebook_version,
    calendar_id, availability_revision, is_test, contact, code, until, asked_at, result, value_minor, currency,
    duplicate_of, proof, evidence, wake_at
)
ON CONFLICT DO NOTHING
RETURNING id

-- name: read_facts
-- All facts of some leads.
SELECT * FROM facts WHERE lead_id = ANY($1::uuid[])

-- name: read_timers
-- All promises of some leads.
SELECT * FROM timers WHERE lead_id = ANY($1::uuid[]) ORDER BY opened_at, kind

-- name: upsert_timers
-- New promises, and what changed about known ones: moments, levels done, what was said, how they ended.
INSERT INTO timers (
    id, lead_id, kind, round, rep_id, team, line, quadrant, rulebook_version, calendar_id, availability_revision,
    is_test, opened_by, opened_at, target_us, shares, due_at, warns_at, next_level, next_at, state, ended_by,
    ended_as, ended_kind, ended_at, agreement, is_trial, pauses_from, pauses_until, revision, breaches,
    withdrawals, said_due_at, reminds_at
)
SELECT
    id, lead_id, kind, round, rep_id, team, line, quadrant, rulebook_version, calendar_id, availability_revision,
    is_test, opened_by, opened_at, target_us, shares, due_at, warns_at, next_level, next_at, state, ended_by,
    ended_as, ended_kind, ended_at, agreement, is_trial, pauses_from, pauses_until, revision, breaches,
    withdrawals, said_due_at, reminds_at
FROM jsonb_to_recordset($1::jsonb) AS new (
    id uuid, lead_id uuid, kind text, round integer, rep_id text, team text, line text, quadrant text,
    rulebook_version integer, calendar_id uuid, availability_revision integer, is_test boolean, opened_by uuid,
    opened_at timestamptz, target_us bigint, shares double precision[], due_at timestamptz, warns_at timestamptz[],
    next_level smallint, next_at timestamptz, state text, ended_by uuid, ended_as text, ended_kind text,
    ended_at timestamptz, agreement text, is_trial boolean, pauses_from timestamptz[],
    pauses_until timestamptz[], revision integer, breaches smallint, withdrawals smallint,
    said_due_at timestamptz, reminds_at timestamptz[]
)
ON CONFLICT (id) DO UPDATE SET
    due_at = excluded.due_at, warns_at = excluded.warns_at, next_level = excluded.next_level,
    next_at = excluded.next_at, state = excluded.state, ended_by = excluded.ended_by, ended_as = excluded.ended_as,
    ended_kind = excluded.ended_kind, ended_at = excluded.ended_at, pauses_from = excluded.pauses_from,
    pauses_until = excluded.pauses_until, revision = excluded.revision, breaches = excluded.breaches,
    withdrawals = excluded.withdrawals, said_due_at = excluded.said_due_at, reminds_at = excluded.reminds_at

-- name: insert_moves
-- The record of due times that moved.
INSERT INTO timer_moves (timer_id, lead_id, moved_at, why, revision, due_before, due_after)
SELECT timer_id, lead_id, $7, why, revision, due_before, due_after
FROM unnest($1::uuid[], $2::uuid[], $3::text[], $4::int[], $5::timestamptz[], $6::timestamptz[])
    AS moved (timer_id, lead_id, why, revision, due_before, due_after)

-- name: read_moves
-- How the due times of a lead moved.
SELECT * FROM timer_moves WHERE lead_id = $1 ORDER BY id

-- name: lock_firings
-- One writer of firings at a time, until its commit: ids appear in order. Taken after all row locks, so nobody waits twice.
SELECT pg_advisory_xact_lock(hashtextextended('baton ' || current_schema() || ' firings', 0))

-- name: levels_said
-- What has been said, or left unsaid, about some timers. Whoever says something holds their leads.
SELECT timer_id, level FROM firings WHERE timer_id = ANY($1::uuid[])

-- name: insert_firings
-- What is said, or left unsaid, about timers. That somebody has said it before ends the transaction.
INSERT INTO firings (timer_id, level, lead_id, outcome, at, fired_at, unread, late, event_id, event)
SELECT timer_id, level, lead_id, outcome, at, $8, unread, late, event_id, event::jsonb
FROM unnest(
    $1::uuid[], $2::text[], $3::uuid[], $4::text[], $5::timestamptz[], $6::bool[], $7::bool[], $9::uuid[], $10::text[]
) WITH ORDINALITY AS said (timer_id, level, lead_id, outcome, at, unread, late, event_id, event, place)
ORDER BY place

-- name: keep_charges
-- Who answers for breaches, and whose minutes they were, as known now; written only where that is not what stands: what was kept, else what was said.
INSERT INTO charges AS kept (timer_id, charged_within, charged_above, attribution)
SELECT timer_id, charged_within, charged_above, attribution
FROM jsonb_to_recordset($1::jsonb) AS judged (
    timer_id uuid, level text, charged_within text, charged_above text, attribution jsonb
)
LEFT JOIN firings USING (timer_id, level)
WHERE (charged_within, charged_above, attribution)
        IS DISTINCT FROM (event ->> 'charged_to', event ->> 'charged_to', event -> 'attribution')
    OR EXISTS (SELECT FROM charges WHERE charges.timer_id = judged.timer_id)
ORDER BY timer_id
ON CONFLICT (timer_id) DO UPDATE SET
    charged_within = excluded.charged_within, charged_above = excluded.charged_above,
    attribution = excluded.attribution
WHERE (kept.charged_within, kept.charged_above, kept.attribution)
    IS DISTINCT FROM (excluded.charged_within, excluded.charged_above, excluded.attribution)

-- name: read_firings_of_lead
-- Everything said about one lead.
SELECT * FROM firings WHERE lead_id = $1 ORDER BY id

-- name: excuses_of_lead
-- Of a lead's broken promises what is held against each and how that was decided, and the first window that excuses it.
SELECT
    timers.id AS timer_id, objections.id AS objection_id, verdict, objections.why AS objection_why,
    incident.id AS incident_id, incident.why AS incident_why
FROM timers
LEFT JOIN objections ON subject = timers.id
LEFT JOIN LATERAL (
    SELECT incidents.id, incidents.why FROM incidents
    WHERE retracted_at IS NULL AND due_at BETWEEN from_at AND until_at ORDER BY from_at, incidents.id LIMIT 1
) AS incident ON true
WHERE timers.lead_id = $1 AND timers.state = 'breached' AND (objections.id IS NOT NULL OR incident.id IS NOT NULL)

-- name: read_firings_after
-- Events in the order in which they were committed.
SELECT id, event_id, event, level FROM firings WHERE id > $1 AND event_id IS NOT NULL ORDER BY id LIMIT $2

-- name: lock_due_leads
-- Leads with a warning, breach or reminder whose time has come and whose news is read, or stands still; other monitors skip them.
SELECT leads.*
FROM timers
JOIN leads ON leads.id = timers.lead_id
LEFT JOIN read_progress AS routed ON routed.topic = 'lead-routed' AND routed.partition = leads.partition
LEFT JOIN read_progress AS acted ON acted.topic = 'lead-progressed' AND acted.partition = leads.partition
CROSS JOIN LATERAL (
    SELECT CASE WHEN timers.state = 'pending' AND timers.due_at <= $1::timestamptz THEN timers.due_at ELSE timers.next_at END AS at
) AS gate
WHERE timers.next_at <= $1::timestamptz
    AND (routed.read_up_to >= gate.at + $3::interval
        OR greatest(gate.at, $2::timestamptz, routed.moved_at) <= $1::timestamptz - $4::interval)
    AND (acted.read_up_to >= gate.at + $3::interval
        OR greatest(gate.at, $2::timestamptz, acted.moved_at) <= $1::timestamptz - $4::interval)
ORDER BY timers.next_at
LIMIT $5
FOR UPDATE OF leads SKIP LOCKED

-- name: read_due_timers
-- What is due of leads that are locked, what was said of it, and whether its rep's hours have changed unseen.
SELECT
    timers.*,
    ARRAY(SELECT level FROM firings WHERE timer_id = timers.id) AS said,
    EXISTS (
        SELECT FROM rep_hours
        WHERE rep_hours.rep_id = timers.rep_id
            AND rep_hours.revision > coalesce(timers.revision, timers.availability_revision)
    ) AS is_stale
FROM timers WHERE lead_id = ANY($1::uuid[]) AND next_at <= $2 ORDER BY next_at, id

-- name: advance_timers
-- What saying something changes about promises that are there. Their leads are locked.
UPDATE timers SET
    next_level = said.next_level, next_at = said.next_at, state = said.state, breaches = said.breaches,
    said_due_at = said.said_due_at, reminds_at = said.reminds_at::timestamptz[]
FROM unnest($1::uuid[], $2::int[], $3::timestamptz[], $4::text[], $5::int[], $6::timestamptz[], $7::text[])
    AS said (id, next_level, next_at, state, breaches, said_due_at, reminds_at)
WHERE timers.id = said.id

-- name: update_next_seqs
-- The numbers of the next events of leads that are locked.
UPDATE leads SET next_seq = said.next_seq FROM unnest($1::uuid[], $2::int[]) AS said (id, next_seq)
WHERE leads.id = said.id

-- name: read_progress
-- How far reading has come.
SELECT topic, partition, read_up_to, moved_at FROM read_progress

-- name: write_progress
-- Reading has come so far; moved_at is when it last went on. It goes back only where it lies in the future, as after a clock was set back; a broker's fast clock is not believed.
INSERT INTO read_progress (topic, partition, read_up_to, moved_at)
SELECT topic, partition, least(read_up_to, $4), $4 FROM unnest($1::text[], $2::int[], $3::timestamptz[])
    AS told (topic, partition, read_up_to)
ORDER BY topic, partition
ON CONFLICT (topic, partition) DO UPDATE SET read_up_to = excluded.read_up_to, moved_at = excluded.moved_at
WHERE read_progress.read_up_to < excluded.read_up_to OR read_progress.read_up_to > excluded.moved_at

-- name: lock_waiting_leads
-- Leads of whose handoffs one named a rulebook version that has arrived since.
SELECT id FROM leads
WHERE awaits_versions <> '{}' AND awaits_versions && $1::int[]
    OR awaits_version IS NOT NULL AND awaits_version = ANY($1::int[])
ORDER BY id LIMIT $2
FOR UPDATE SKIP LOCKED

-- name: list_timers
-- A page of promises by due time, those without one last; a filter that is null holds for all.
SELECT * FROM timers
WHERE state = $1 AND (coalesce(due_at, 'infinity'::timestamptz), id) > ($2::text::timestamptz, $3::uuid)
    AND ($4::text IS NULL OR team = $4) AND ($5::text IS NULL OR rep_id = $5)
    AND ($6::text IS NULL OR line = $6) AND ($7::text IS NULL OR kind = $7)
    AND ($8::bool IS NULL OR is_trial = $8)
ORDER BY coalesce(due_at, 'infinity'::timestamptz), id LIMIT $9

-- name: open_timers
-- Running promises by kind, whether they are on trial, and how much wall time is left.
SELECT kind, is_trial, time_left, count(*) AS timers FROM (
    SELECT kind, is_trial, CASE
        WHEN pauses_from <> '{}' AND EXISTS (
            SELECT FROM unnest(pauses_from, pauses_until) AS pause (start, until)
            WHERE start <= $1::timestamptz AND coalesce(until > $1::timestamptz, true)
        ) THEN 'paused'
        WHEN due_at IS NULL THEN 'never'
        WHEN due_at <= $1::timestamptz THEN 'over'
        WHEN due_at <= $1::timestamptz + interval '5 minutes' THEN 'under_5m'
        WHEN due_at <= $1::timestamptz + interval '1 hour' THEN 'under_1h'
        WHEN due_at <= $1::timestamptz + interval '1 day' THEN 'under_1d'
        ELSE 'longer'
    END AS time_left
    FROM timers WHERE state = 'pending' AND NOT is_test
) AS running GROUP BY kind, is_trial, time_left

-- name: status_timers
-- A page of running promises by due time, those without one last; a filter that is null holds for all.
SELECT * FROM timers
WHERE state = 'pending' AND NOT is_test
    AND (coalesce(due_at, 'infinity'::timestamptz), id) > ($1::text::timestamptz, $2::uuid)
    AND coalesce(due_at, 'infinity'::timestamptz) <= $3::text::timestamptz
    AND ($4::text IS NULL OR team = $4) AND ($5::text IS NULL OR rep_id = $5)
    AND ($6::text IS NULL OR line = $6) AND ($7::text IS NULL OR kind = $7) AND is_trial = $8
ORDER BY coalesce(due_at, 'infinity'::timestamptz), id LIMIT $9

-- name: above_volume
-- Of delivered leads, those that come after as many as are agreed of their local day, or month. The last one within is looked for once a day and month, however many leads are asked about.
WITH mine AS (
    SELECT
        asked.id, ledger.delivered_at, asked.per_day, asked.per_month,
        date_trunc('day', ledger.delivered_at, asked.zone) AS day,
        date_trunc('month', ledger.delivered_at, asked.zone) AS month
    FROM unnest($1::uuid[], $2::text[], $3::int[], $4::int[]) AS asked (id, zone, per_day, per_month)
    JOIN ledger ON ledger.lead_id = asked.id AND ledger.delivered_at IS NOT NULL
        AND NOT (ledger.is_test OR ledger.is_own OR ledger.is_known OR ledger.is_merged)
), spans AS (
    SELECT day AS start, per_day AS agreed FROM mine WHERE per_day IS NOT NULL
    UNION SELECT month, per_month FROM mine WHERE per_month IS NOT NULL
), last_within AS MATERIALIZED (
    SELECT spans.start, spans.agreed, found.delivered_at, found.lead_id
    FROM spans CROSS JOIN LATERAL last_within(spans.start, spans.agreed) AS found
)
SELECT mine.id FROM mine JOIN last_within AS within ON (within.start, within.agreed) = (mine.day, mine.per_day)
WHERE (mine.delivered_at, mine.id) > (within.delivered_at, within.lead_id)
UNION
SELECT mine.id FROM mine JOIN last_within AS within ON (within.start, within.agreed) = (mine.month, mine.per_month)
WHERE (mine.delivered_at, mine.id) > (within.delivered_at, within.lead_id)

-- name: lead_states
-- How many leads are in each state; every lead is in exactly one.
SELECT state, count(*) AS leads FROM leads GROUP BY state

-- name: missing_facts
-- Numbers of the router that were counted and have not arrived.
SELECT coalesce(sum(router_seq - router_facts), 0)::bigint AS missing FROM leads WHERE router_seq > router_facts
