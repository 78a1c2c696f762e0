-- SQL of the ledger. Rows of ledger, touches and promise_times are written under the locks of their leads.

-- name: books_besides
-- Whole rulebooks of versions that the process does not know yet; they may arrive in any order.
SELECT version, effective_from, rulebook::text AS rulebook
FROM rulebook_versions WHERE version <> ALL($1::int[]) ORDER BY version

-- name: note_told
-- What a batch of lead-scored says. Of a lead's events the first decides, and the first that made it a SQL, whatever order they arrive in. Sorted, one row a lead.
INSERT INTO ledger AS kept (
    lead_id, is_test, is_own, first_seq, received_at, scored_at, delivery_seq, delivered_at, delivered_quadrant,
    segments, is_known, unhanded_due_at, is_stale
)
SELECT
    lead_id, is_test, is_own, first_seq, received_at, scored_at, delivery_seq, delivered_at, delivered_quadrant,
    segments, is_known, unhanded_due_at, is_stale
FROM jsonb_to_recordset($1::jsonb) AS told (
    lead_id uuid, is_test boolean, is_own boolean, first_seq integer, received_at timestamptz,
    scored_at timestamptz, delivery_seq integer, delivered_at timestamptz, delivered_quadrant text,
    segments text[], is_known boolean, unhanded_due_at timestamptz,
    is_stale boolean
)
ORDER BY lead_id
ON CONFLICT (lead_id) DO UPDATE SET
    is_test = kept.is_test OR excluded.is_test,
    is_own = kept.is_own OR excluded.is_own,
    is_stale = kept.is_stale OR excluded.is_stale,
    (first_seq, received_at, scored_at) = (
        SELECT seq, received, scored FROM (VALUES
            (kept.first_seq, kept.received_at, kept.scored_at),
            (excluded.first_seq, excluded.received_at, excluded.scored_at)
        ) AS either (seq, received, scored) ORDER BY seq LIMIT 1
    ),
    (delivery_seq, delivered_at, delivered_quadrant, segments, is_known, unhanded_due_at) = (
        SELECT seq, delivered, quadrant, named, known, due FROM (VALUES
            (kept.delivery_seq, kept.delivered_at, kept.delivered_quadrant, kept.segments, kept.is_known,
                kept.unhanded_due_at),
            (excluded.delivery_seq, excluded.delivered_at, excluded.delivered_quadrant, excluded.segments,
                excluded.is_known, excluded.unhanded_due_at)
        ) AS either (seq, delivered, quadrant, named, known, due) ORDER BY seq LIMIT 1
    )
WHERE excluded.is_test AND NOT kept.is_test OR excluded.is_own AND NOT kept.is_own
    OR kept.first_seq IS NULL OR excluded.first_seq < kept.first_seq
    OR excluded.delivery_seq < coalesce(kept.delivery_seq, 2147483647)

-- name: insert_touches
-- Submissions, each once; of one that several events tell of, that which opened the lead or the first.
INSERT INTO touches AS kept (lead_id, cause_id, seq, source, campaign, at, opened)
SELECT lead_id, cause_id, seq, source, campaign, at, opened
FROM unnest($1::uuid[], $2::uuid[], $3::int[], $4::text[], $5::text[], $6::timestamptz[], $7::bool[])
    AS told (lead_id, cause_id, seq, source, campaign, at, opened)
ORDER BY lead_id, cause_id
ON CONFLICT (lead_id, cause_id) DO UPDATE SET
    seq = excluded.seq, source = excluded.source, campaign = excluded.campaign, at = excluded.at,
    opened = excluded.opened
WHERE excluded.seq < kept.seq

-- name: note_standings
-- Where leads stand after all their facts; a row is written only where that is another than before.
INSERT INTO ledger AS kept (
    lead_id, is_test, is_own, is_merged, handed_at, accepted_at, contacted_at, talked_at, tries, opportunity_at, won_at,
    won_minor, won_currency, lost_at, lost_code, given_fact, given_kind, given_at, given_code, given_rep_id,
    duplicate_of, given_proof, given_evidence, rep_id, team, worked_at, work_due_at
)
SELECT
    lead_id, is_test, is_own, is_merged, handed_at, accepted_at, contacted_at, talked_at, tries, opportunity_at, won_at,
    won_minor, won_currency, lost_at, lost_code, given_fact, given_kind, given_at, given_code, given_rep_id,
    duplicate_of, given_proof, given_evidence, rep_id, team, worked_at, work_due_at
FROM jsonb_to_recordset($1::jsonb) AS told (
    lead_id uuid, is_test boolean, is_own boolean, is_merged boolean, handed_at timestamptz, accepted_at timestamptz,
    contacted_at timestamptz, talked_at timestamptz, tries integer, opportunity_at timestamptz,
    won_at timestamptz, won_minor bigint, won_currency text, lost_at timestamptz, lost_code text,
    given_fact uuid, given_kind text, given_at timestamptz, given_code text, given_rep_id text,
    duplicate_of uuid, given_proof text, given_evidence text, rep_id text, team text, worked_at timestamptz,
    work_due_at timestamptz
)
ORDER BY lead_id
ON CONFLICT (lead_id) DO UPDATE SET
    is_test = excluded.is_test, is_own = excluded.is_own, is_merged = excluded.is_merged,
    handed_at = excluded.handed_at, accepted_at = excluded.accepted_at, contacted_at = excluded.contacted_at,
    talked_at = excluded.talked_at, tries = excluded.tries, opportunity_at = excluded.opportunity_at,
    won_at = excluded.won_at, won_minor = excluded.won_minor, won_currency = excluded.won_currency,
    lost_at = excluded.lost_at, lost_code = excluded.lost_code, given_fact = excluded.given_fact,
    given_kind = excluded.given_kind, given_at = excluded.given_at, given_code = excluded.given_code,
    given_rep_id = excluded.given_rep_id, duplicate_of = excluded.duplicate_of,
    given_proof = excluded.given_proof, given_evidence = excluded.given_evidence, rep_id = excluded.rep_id,
    team = excluded.team, worked_at = excluded.worked_at, work_due_at = excluded.work_due_at, is_stale = false
WHERE kept.is_stale OR (
    kept.is_test, kept.is_own, kept.is_merged, kept.handed_at, kept.accepted_at, kept.contacted_at, kept.talked_at,
    kept.tries, kept.opportunity_at, kept.won_at, kept.won_minor, kept.won_currency, kept.lost_at, kept.lost_code,
    kept.given_fact, kept.rep_id, kept.team, kept.worked_at, kept.work_due_at
) IS DISTINCT FROM (
    excluded.is_test, excluded.is_own, excluded.is_merged, excluded.handed_at, excluded.accepted_at,
    excluded.contacted_at, excluded.talked_at, excluded.tries, excluded.opportunity_at, excluded.won_at,
    excluded.won_minor, excluded.won_currency, excluded.lost_at, excluded.lost_code, excluded.given_fact,
    excluded.rep_id, excluded.team, excluded.worked_at, excluded.work_due_at
)

-- name: note_promise_times
-- The rep's working time to the end of promises; an act that turns up later may have ended one sooner.
INSERT INTO promise_times AS kept (timer_id, worked_us)
SELECT timer_id, worked_us FROM unnest($1::uuid[], $2::bigint[]) AS told (timer_id, worked_us)
ORDER BY timer_id
ON CONFLICT (timer_id) DO UPDATE SET worked_us = excluded.worked_us
WHERE kept.worked_us <> excluded.worked_us

-- name: leads_to_be_worked_by
-- Leads whose time to be worked runs by the hours of these reps and was not over when they changed: it may move.
SELECT lead_id
FROM ledger JOIN unnest($1::text[], $2::timestamptz[]) AS changed (rep_id, at) USING (rep_id)
WHERE work_due_at > changed.at OR (work_due_at IS NULL AND worked_at IS NULL AND given_fact IS NULL)

-- name: lock_stale
-- Leads from before the ledger whose standing is still to be filled in; others skip those in work.
SELECT leads.id FROM ledger JOIN leads ON leads.id = ledger.lead_id
WHERE ledger.is_stale ORDER BY leads.id LIMIT $1
FOR UPDATE OF leads SKIP LOCKED

-- name: unhanded
-- Of leads the deliveries that nobody had, and whose time to be worked was never computed.
SELECT lead_id, delivered_at, delivered_quadrant, leads.line
FROM ledger JOIN leads ON leads.id = lead_id
WHERE lead_id = ANY($1::uuid[]) AND delivered_at IS NOT NULL AND unhanded_due_at IS NULL
    AND delivered_quadrant IS NOT NULL AND leads.line IS NOT NULL

-- name: note_unhanded_due
-- When the time to be worked of leads ends that nobody had. Their rows are locked.
UPDATE ledger SET unhanded_due_at = told.due
FROM unnest($1::uuid[], $2::timestamptz[]) AS told (lead_id, due) WHERE ledger.lead_id = told.lead_id

-- name: leads_of_month
-- Leads with anything in a month, each once. No tests, and none that ended in another lead. OFFSET 0: each is looked up, for a scan of all leads there are takes longer than a month's.
WITH wanted AS (
    SELECT lead_id FROM ledger WHERE received_at >= $1 AND received_at < $2
    UNION SELECT lead_id FROM ledger
        WHERE delivered_at >= $1 AND delivered_at < $2 AND NOT (is_test OR is_own OR is_known OR is_merged)
    UNION SELECT lead_id FROM ledger WHERE handed_at >= $1 AND handed_at < $2
    UNION SELECT lead_id FROM ledger WHERE given_at >= $1 AND given_at < $2
    UNION SELECT lead_id FROM ledger WHERE won_at >= $1 AND won_at < $2
    UNION SELECT lead_id FROM ledger WHERE work_due_at >= $1 AND work_due_at < $2
    UNION SELECT lead_id FROM ledger
        WHERE unhanded_due_at >= $1 AND unhanded_due_at < $2 AND handed_at IS NULL
    UNION SELECT lead_id FROM timers
        WHERE state = ANY($3::text[]) AND coalesce(due_at, 'infinity'::timestamptz) >= $1
            AND coalesce(due_at, 'infinity'::timestamptz) < $2
    UNION SELECT lead_id FROM touches WHERE at >= $1 AND at < $2
    UNION SELECT lead_id FROM ledger
        WHERE scored_at >= $1 AND scored_at < $2 OR accepted_at >= $1 AND accepted_at < $2
            OR contacted_at >= $1 AND contacted_at < $2
            OR opportunity_at >= $1 AND opportunity_at < $2 OR lost_at >= $1 AND lost_at < $2
)
SELECT
    wanted.lead_id, coalesce(leads.line, ''), coalesce(delivered_quadrant, leads.quadrant), segments,
    coalesce(leads.source, ''), NOT (ledger.is_own OR is_known), ledger.is_own, ledger.received_at,
    ledger.scored_at, delivered_at, handed_at, accepted_at, ledger.contacted_at, talked_at, tries, opportunity_at,
    won_at, won_minor, won_currency, lost_at, lost_code, given_fact, given_at, given_kind, given_code,
    given_rep_id, duplicate_of, given_proof, given_evidence, rep_id, team, worked_at,
    CASE WHEN handed_at IS NULL THEN unhanded_due_at ELSE work_due_at END
FROM wanted
CROSS JOIN LATERAL (SELECT * FROM ledger AS rows WHERE rows.lead_id = wanted.lead_id OFFSET 0) AS ledger
CROSS JOIN LATERAL (SELECT * FROM leads AS rows WHERE rows.id = wanted.lead_id OFFSET 0) AS leads
WHERE NOT (ledger.is_test OR is_merged) AND coalesce(delivered_quadrant, leads.quadrant) IS NOT NULL

-- name: some_leads
-- As leads_of_month, of these leads: those with a part in the figures of a month, or with one of its promises.
SELECT
    lead_id, coalesce(leads.line, ''), coalesce(delivered_quadrant, leads.quadrant), segments,
    coalesce(leads.source, ''), NOT (ledger.is_own OR is_known), ledger.is_own, ledger.received_at,
    ledger.scored_at, delivered_at, handed_at, accepted_at, ledger.contacted_at, talked_at, tries, opportunity_at,
    won_at, won_minor, won_currency, lost_at, lost_code, given_fact, given_at, given_kind, given_code,
    given_rep_id, duplicate_of, given_proof, given_evidence, rep_id, team, worked_at,
    CASE WHEN handed_at IS NULL THEN unhanded_due_at ELSE work_due_at END
FROM ledger JOIN leads ON leads.id = lead_id
WHERE NOT (ledger.is_test OR is_merged) AND coalesce(delivered_quadrant, leads.quadrant) IS NOT NULL
    AND lead_id = ANY($1::uuid[]) AND (
        delivered_at >= $2 AND delivered_at < $3 OR given_at >= $2 AND given_at < $3 OR won_at >= $2 AND won_at < $3
        OR work_due_at >= $2 AND work_due_at < $3 OR unhanded_due_at >= $2 AND unhanded_due_at < $3
        OR lead_id = ANY($4::uuid[])
    )

-- name: promises_of_month
-- Promises that are due or were ended in a month, with whom the breach that holds is charged to, within the volume and above it, and what excuses it: as it was judged last, else as it was said.
SELECT
    timers.id, timers.lead_id, kind, round, rep_id, team, line, quadrant, agreement, is_trial, opened_at, due_at,
    state, ended_at, ended_kind, worked_us, coalesce(charged_within, firings.event ->> 'charged_to'),
    coalesce(charged_above, firings.event ->> 'charged_to'), coalesce(attribution, firings.event -> 'attribution'),
    CASE WHEN state <> 'breached' THEN NULL
        WHEN EXISTS (SELECT FROM objections WHERE subject = timers.id AND verdict = 'excused') THEN 'objection'
        WHEN EXISTS (
            SELECT FROM incidents
            WHERE retracted_at IS NULL AND due_at BETWEEN from_at AND until_at
        ) THEN 'incident'
    END, timers.rulebook_version
FROM timers
LEFT JOIN promise_times ON promise_times.timer_id = timers.id
LEFT JOIN charges ON timers.state = 'breached' AND charges.timer_id = timers.id
LEFT JOIN firings ON timers.state = 'breached' AND firings.timer_id = timers.id
    AND firings.level = CASE WHEN timers.breaches > 1 THEN 'breach:' || timers.breaches ELSE 'breach' END
WHERE timers.state = ANY($4::text[]) AND NOT timers.is_test AND (
        coalesce(due_at, 'infinity'::timestamptz) >= $1 AND coalesce(due_at, 'infinity'::timestamptz) < $2
        OR ended_at >= $1 AND ended_at < $2
    )
    AND ($3::uuid[] IS NULL OR timers.id = ANY($3))

-- name: rounds_of_month
-- Handoffs of a month and what came of each. Taken back after a breach that holds and binds: timed out, but for who declined, from whom it is taken back as well.
SELECT
    handed.lead_id, handed.round, handed.rep_id, handed.team, handed.quadrant, handed.at,
    min(act.at) FILTER (WHERE act.kind = 'accepted') AS accepted_at,
    min(act.at) FILTER (WHERE act.kind = 'contacted') AS contacted_at,
    min(act.at) FILTER (WHERE act.kind = 'declined') AS declined_at,
    min(act.code) FILTER (WHERE act.kind = 'declined') AS decline_code,
    coalesce(bool_or(act.kind = 'taken_back') AND NOT bool_or(act.kind = 'declined'), false) AND EXISTS (
        SELECT FROM timers
        WHERE timers.lead_id = handed.lead_id AND timers.round = handed.round AND timers.state = 'breached'
            AND NOT is_trial
    ) AS timed_out
FROM facts AS handed
LEFT JOIN facts AS act ON act.lead_id = handed.lead_id AND act.round = handed.round
    AND act.kind IN ('accepted', 'contacted', 'declined', 'taken_back')
WHERE handed.kind = 'assigned' AND handed.at >= $1 AND handed.at < $2 AND NOT handed.is_test
    AND handed.reason IS DISTINCT FROM 'own'
GROUP BY handed.id

-- name: touches_of_leads
-- All submissions of the leads of a month, in the order of the acts.
SELECT lead_id, source, campaign, at, opened FROM touches WHERE lead_id = ANY($1::uuid[]) ORDER BY at, seq

-- name: merged_touches
-- Submissions in a month of leads that ended in another one, where it is told in which. What opened a lead before that one was there is no duplicate of it. No tests.
SELECT
    touches.lead_id, source, campaign, touches.at, opened, CASE WHEN NOT is_first THEN heir END,
    CASE WHEN NOT is_first THEN ended_at END
FROM touches JOIN ledger ON ledger.lead_id = touches.lead_id
CROSS JOIN LATERAL (
    SELECT duplicate_of AS heir, facts.at AS ended_at FROM facts
    WHERE facts.lead_id = touches.lead_id AND kind = 'closed' AND reason = 'merged' AND duplicate_of IS NOT NULL
    ORDER BY facts.at, id LIMIT 1
) AS ended
CROSS JOIN LATERAL (
    SELECT touches.opened AND coalesce(min(theirs.at) > touches.at, false) AS is_first
    FROM touches AS theirs WHERE theirs.lead_id = heir
) AS rival
WHERE touches.at >= $1 AND touches.at < $2 AND ledger.is_merged AND NOT ledger.is_test
ORDER BY touches.at, touches.lead_id

-- name: objections_of_month
-- Objections to what happened or was objected to in a month, each with the promise that was broken.
SELECT
    objections.id, about, subject, objections.lead_id, side, by, at, reason, verdict, decided_by, decided_at,
    kind, round, rep_id, due_at
FROM objections LEFT JOIN timers ON timers.id = subject
WHERE happened_at >= $1 AND happened_at < $2 OR at >= $1 AND at < $2
    OR subject = ANY($3::uuid[])
ORDER BY at, objections.id

-- name: positions_between
-- Which delivery of its local day and month each one is, of the deliveries between two moments.
SELECT
    lead_id,
    row_number() OVER (PARTITION BY date_trunc('day', delivered_at, $3::text) ORDER BY delivered_at, lead_id) AS of_day,
    row_number() OVER (PARTITION BY date_trunc('month', delivered_at, $3::text) ORDER BY delivered_at, lead_id) AS of_month
FROM ledger
WHERE delivered_at >= $1 AND delivered_at < $2 AND NOT (is_test OR is_own OR is_known OR is_merged)

-- name: corrections_of
-- What was booked in a month for months closed before.
SELECT of, measure, subject, amount, nullif(goal, '') AS goal FROM bookings WHERE booked_in = $1 AND of <> $1
ORDER BY of, measure, goal, subject

-- name: booked_of
-- The figures of a closed month as they stood then.
SELECT measure, nullif(goal, '') AS goal, sum(amount) AS amount FROM bookings
WHERE booked_in = $1 AND of = $1 GROUP BY measure, goal ORDER BY measure, goal

-- name: month_row
-- Who signed a month.
SELECT marketing_name, marketing_at, sales_name, sales_at FROM months WHERE period = $1

-- name: closed_months
-- The months that are closed, the last one last.
SELECT period FROM months WHERE closed_at IS NOT NULL ORDER BY period

-- name: signed_months
-- The months that anybody signed, and those that are closed.
SELECT period, marketing_at, sales_at, closed_at FROM months

-- name: count_open_objections
-- How many objections nobody has decided.
SELECT count(*) FROM objections WHERE verdict IS NULL

-- name: changed_subjects
-- What changed since the last closing: where corrections may be found.
SELECT DISTINCT subject, is_promise FROM changed_since_closing

-- name: moved_deliveries
-- From when on leads may have another place in the volume than at the last closing: the first such moment of each local month.
SELECT min(delivered_at) AS at FROM changed_since_closing WHERE delivered_at IS NOT NULL
GROUP BY date_trunc('month', delivered_at, $1::text)

-- name: promises_behind
-- Binding promises of these kinds of the deliveries between two moments.
SELECT timers.id FROM ledger JOIN timers ON timers.lead_id = ledger.lead_id
WHERE delivered_at >= $1 AND delivered_at < $2
    AND NOT (ledger.is_test OR ledger.is_own OR is_known OR ledger.is_merged)
    AND kind = ANY($3::text[]) AND NOT is_trial AND NOT timers.is_test

-- name: booked_for
-- What is booked so far for closed months, of some subjects.
SELECT of, measure, subject, goal, sum(amount) AS amount FROM bookings
WHERE of = ANY($1::text[]) AND subject = ANY($2::uuid[]) GROUP BY of, measure, subject, goal

-- name: given_back
-- A lead that sales gave back, by the lead or by the act itself.
SELECT lead_id, given_fact AS subject, given_at AS happened_at FROM ledger
WHERE given_fact IS NOT NULL AND (lead_id = $1 OR given_fact = $2)

-- name: breaches
-- Promises of a lead that were said to be broken, or one by its own id: those that bind first, the one that broke last before the others.
SELECT id AS subject, lead_id, kind, round, state, is_test OR is_trial AS binds_nobody, coalesce(
    (SELECT max(fired_at) FROM firings WHERE timer_id = timers.id AND split_part(level, ':', 1) = 'breach'), due_at
) AS happened_at
FROM timers
WHERE breaches > 0 AND (id = $2 OR lead_id = $1 AND ($3::text IS NULL OR kind = $3) AND ($4::int IS NULL OR round = $4))
ORDER BY is_test OR is_trial, state = 'breached' DESC, due_at DESC, id

-- name: objection_to
-- What was held against something before.
SELECT * FROM objections WHERE subject = $1

-- name: insert_objection
-- Somebody objects; nothing is returned where somebody did before. Nothing is written down about an erased person. Shown as list_objections does.
WITH made AS (
    INSERT INTO objections (id, about, subject, lead_id, side, by, at, reason, happened_at)
    VALUES (
        $1, $2, $3, $4, $5, $6, $7,
        CASE WHEN EXISTS (SELECT FROM leads WHERE leads.id = $4 AND state = 'erased') THEN '' ELSE $8 END, $9
    )
    ON CONFLICT ON CONSTRAINT one_objection_a_subject DO NOTHING
    RETURNING *
)
SELECT made.*, kind, round, rep_id, due_at FROM made LEFT JOIN timers ON timers.id = made.subject

-- name: lock_objection
-- One objection, for who decides it.
SELECT * FROM objections WHERE id = $1 FOR UPDATE

-- name: decide_objection
-- How it was decided, by whom and why. Nothing is written down about an erased person. Shown as list_objections does.
WITH decided AS (
    UPDATE objections SET
        verdict = $2, decided_by = $3, decided_at = $4,
        why = CASE WHEN EXISTS (SELECT FROM leads WHERE leads.id = objections.lead_id AND state = 'erased') THEN '' ELSE $5 END
    WHERE id = $1 RETURNING *
)
SELECT decided.*, kind, round, rep_id, due_at FROM decided LEFT JOIN timers ON timers.id = decided.subject

-- name: list_objections
-- A page of objections, the newest first, each with the promise that was broken; a filter that is null holds for all.
SELECT objections.*, kind, round, rep_id, due_at
FROM objections LEFT JOIN timers ON timers.id = subject
WHERE ($1::bool IS NULL OR (verdict IS NULL) = $1) AND ($2::text IS NULL OR side = $2)
    AND (at, objections.id) < ($3::timestamptz, $4::uuid)
ORDER BY at DESC, objections.id DESC LIMIT $5

-- name: forget_words
-- What was written about leads of an erased person goes; who objected to what and how it ended stays.
UPDATE objections SET reason = '', why = CASE WHEN why IS NULL THEN NULL ELSE '' END
WHERE lead_id = ANY($1::uuid[])

-- name: insert_incident
-- A window in which nobody is to blame.
INSERT INTO incidents (id, from_at, until_at, why, by, at) VALUES ($1, $2, $3, $4, $5, $6) RETURNING *

-- name: lock_incident
-- One window, for who takes it back.
SELECT * FROM incidents WHERE id = $1 FOR UPDATE

-- name: retract_incident
-- It excuses nothing any more, and stays.
UPDATE incidents SET retracted_by = $2, retracted_at = $3 WHERE id = $1 RETURNING *

-- name: list_incidents
-- Windows, the newest first, those taken back too, and how many breaches that bind lie in each.
SELECT incidents.*, (
    SELECT count(*) FROM timers
    WHERE state = 'breached' AND coalesce(due_at, 'infinity'::timestamptz) BETWEEN from_at AND until_at
        AND NOT (is_test OR is_trial)
) AS breaches
FROM incidents ORDER BY from_at DESC, id LIMIT $1

-- name: note_excused
-- That an excused subject may change a signed month.
INSERT INTO changed_since_closing (subject, is_promise)
SELECT $1, $2 WHERE EXISTS (SELECT FROM months)

-- name: note_excused_window
-- That the breaches of a window may change signed months.
INSERT INTO changed_since_closing (subject, is_promise)
SELECT id, true FROM timers
WHERE state = 'breached' AND coalesce(due_at, 'infinity'::timestamptz) BETWEEN $1 AND $2
    AND due_at < (SELECT max(ends_at) FROM months)

-- name: lock_closing
-- Alone with the months: whoever changes leads or promises is done, and who comes later sees what is signed.
SELECT pg_advisory_xact_lock(hashtextextended('baton ' || current_schema() || ' closing', 0))

-- name: share_closing
-- As everybody does who changes what months are counted from.
SELECT pg_advisory_xact_lock_shared(hashtextextended('baton ' || current_schema() || ' closing', 0))

-- name: insert_month
-- A month that is signed for the first time.
INSERT INTO months (period, starts_at, ends_at) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING

-- name: lock_month
-- Who signed a month, for who signs next.
SELECT marketing_name, marketing_at, sales_name, sales_at FROM months WHERE period = $1 FOR UPDATE

-- name: sign_for_marketing
-- Marketing's name under a month.
UPDATE months SET marketing_name = $2, marketing_by = $3, marketing_at = $4 WHERE period = $1

-- name: sign_for_sales
-- Sales' name under a month.
UPDATE months SET sales_name = $2, sales_by = $3, sales_at = $4 WHERE period = $1

-- name: close_month
-- Both have signed.
UPDATE months SET closed_at = $2 WHERE period = $1

-- name: keep_report
-- The whole report, as both sides sign it.
UPDATE months SET report = $2::text::jsonb WHERE period = $1

-- name: kept_report
-- The report of a closed month, as both sides signed it.
SELECT report::text FROM months WHERE period = $1 AND closed_at IS NOT NULL

-- name: export_snapshot
-- This transaction's view of the store, for another one to read in.
SELECT pg_export_snapshot()

-- name: count_corrections
-- How many corrections were booked in a month.
SELECT count(*) FROM bookings WHERE booked_in = $1 AND of <> booked_in

-- name: forget_changes
-- Changes that this transaction has seen are in what it books; one noted meanwhile stays.
DELETE FROM changed_since_closing

-- name: deliveries_by_group
-- The deliveries of a month by what goals ask of them.
SELECT delivered_quadrant AS quadrant, coalesce(leads.line, '') AS line, segments,
    coalesce(newest.source, leads.source, '') AS source, NULL AS code, count(*) AS leads
FROM ledger JOIN leads ON leads.id = ledger.lead_id
LEFT JOIN LATERAL (
    SELECT touches.source FROM touches WHERE touches.lead_id = ledger.lead_id AND at <= delivered_at
    ORDER BY at DESC, seq DESC LIMIT 1
) AS newest ON true
WHERE delivered_at >= $1 AND delivered_at < $2
    AND NOT (ledger.is_test OR ledger.is_own OR is_known OR is_merged)
GROUP BY 1, 2, 3, 4

-- name: given_back_by_group
-- Deliveries of any month that sales gave back in this one, by what goals ask of them and why; excused ones are left out.
SELECT delivered_quadrant AS quadrant, coalesce(leads.line, '') AS line, segments,
    coalesce(newest.source, leads.source, '') AS source, given_code AS code, count(*) AS leads
FROM ledger JOIN leads ON leads.id = ledger.lead_id
LEFT JOIN LATERAL (
    SELECT touches.source FROM touches WHERE touches.lead_id = ledger.lead_id AND at <= delivered_at
    ORDER BY at DESC, seq DESC LIMIT 1
) AS newest ON true
WHERE given_at >= $1 AND given_at < $2 AND delivered_at IS NOT NULL
    AND NOT (ledger.is_test OR ledger.is_own OR is_known OR is_merged)
    AND NOT EXISTS (SELECT FROM objections WHERE subject = given_fact AND verdict = 'excused')
GROUP BY 1, 2, 3, 4, 5

-- name: promises_by_outcome
-- Binding promises that fell due between two moments, by how they ended, who is charged, whether that is excused, and whether they are of speed on leads above the volume. $4 to $7: the volume of each agreement that names one, by the rulebook's version; the last delivery within it is looked for once a day and month.
WITH volumes AS (
    SELECT * FROM unnest($4::int[], $5::text[], $6::int[], $7::int[]) AS told (version, agreement, per_day, per_month)
), due AS MATERIALIZED (
    SELECT
        timers.id, timers.lead_id, timers.kind, timers.state, timers.ended_kind, timers.breaches, timers.due_at,
        volumes.per_day, volumes.per_month, ledger.delivered_at,
        date_trunc('day', ledger.delivered_at, $9::text) AS day, date_trunc('month', ledger.delivered_at, $9) AS month
    FROM timers
    LEFT JOIN volumes ON volumes.version = timers.rulebook_version AND volumes.agreement = timers.agreement
        AND (timers.kind = ANY($8::text[]) OR timers.state = 'breached')
    LEFT JOIN ledger ON volumes.version IS NOT NULL AND ledger.lead_id = timers.lead_id
        AND NOT (ledger.is_test OR ledger.is_own OR ledger.is_known OR ledger.is_merged)
    WHERE timers.state = ANY($3::text[]) AND NOT timers.is_test AND NOT timers.is_trial
        AND coalesce(timers.due_at, 'infinity'::timestamptz) >= $1 AND coalesce(timers.due_at, 'infinity'::timestamptz) < $2
), spans AS (
    SELECT day AS start, per_day AS agreed FROM due WHERE per_day IS NOT NULL AND day IS NOT NULL
    UNION SELECT month, per_month FROM due WHERE per_month IS NOT NULL AND month IS NOT NULL
), last_within AS MATERIALIZED (
    SELECT spans.start, spans.agreed, found.delivered_at, found.lead_id
    FROM spans
    CROSS JOIN LATERAL (
        SELECT other.delivered_at, other.lead_id FROM ledger AS other
        WHERE NOT (other.is_test OR other.is_own OR other.is_known OR other.is_merged)
            AND other.delivered_at >= spans.start
        ORDER BY other.delivered_at, other.lead_id OFFSET spans.agreed - 1 LIMIT 1
    ) AS found
)
SELECT
    due.kind, due.state, due.ended_kind,
    coalesce(CASE WHEN place.is_above THEN charged_above ELSE charged_within END, firings.event ->> 'charged_to') AS charged_to,
    due.state = 'breached' AND (
        EXISTS (SELECT FROM objections WHERE subject = due.id AND verdict = 'excused')
        OR EXISTS (SELECT FROM incidents WHERE retracted_at IS NULL AND due_at BETWEEN from_at AND until_at)
    ) AS is_excused,
    place.is_above AND due.kind = ANY($8) AS is_above_volume,
    count(*) AS promises
FROM due
LEFT JOIN last_within AS of_day ON (of_day.start, of_day.agreed) = (due.day, due.per_day)
LEFT JOIN last_within AS of_month ON (of_month.start, of_month.agreed) = (due.month, due.per_month)
CROSS JOIN LATERAL (
    SELECT coalesce((due.delivered_at, due.lead_id) > (of_day.delivered_at, of_day.lead_id), false)
        OR coalesce((due.delivered_at, due.lead_id) > (of_month.delivered_at, of_month.lead_id), false) AS is_above
) AS place
LEFT JOIN charges ON due.state = 'breached' AND charges.timer_id = due.id
LEFT JOIN firings ON due.state = 'breached' AND firings.timer_id = due.id
    AND firings.level = CASE WHEN due.breaches > 1 THEN 'breach:' || due.breaches ELSE 'breach' END
GROUP BY 1, 2, 3, 4, 5, 6

-- name: work_by_outcome
-- Deliveries whose time to be worked ended between two moments: worked by then or not, and why given back, if that holds.
SELECT
    coalesce(worked_at <= due.at, false) AS is_worked,
    CASE WHEN EXISTS (SELECT FROM objections WHERE subject = given_fact AND verdict = 'excused') THEN NULL
        ELSE given_code END AS code,
    count(*) AS leads
FROM ledger CROSS JOIN LATERAL (
    SELECT CASE WHEN handed_at IS NULL THEN unhanded_due_at ELSE work_due_at END AS at
) AS due
WHERE (work_due_at >= $1 AND work_due_at < $2 OR unhanded_due_at >= $1 AND unhanded_due_at < $2)
    AND due.at >= $1 AND due.at < $2 AND delivered_at IS NOT NULL
    AND NOT (is_test OR is_own OR is_known OR is_merged)
GROUP BY 1, 2
