-- Writing of the ledger (store.py): rows of ledger, touches and promise_times, under the locks of their leads.

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
    lead_id, is_test, is_own, is_merged, handed_at, accepted_at, contacted_at, tries, opportunity_at, won_at,
    won_minor, won_currency, lost_at, lost_code, given_fact, given_kind, given_at, given_code, given_rep_id,
    duplicate_of, given_proof, given_evidence, rep_id, team, worked_at, work_due_at
)
SELECT
    lead_id, is_test, is_own, is_merged, handed_at, accepted_at, contacted_at, tries, opportunity_at, won_at,
    won_minor, won_currency, lost_at, lost_code, given_fact, given_kind, given_at, given_code, given_rep_id,
    duplicate_of, given_proof, given_evidence, rep_id, team, worked_at, work_due_at
FROM jsonb_to_recordset($1::jsonb) AS told (
    lead_id uuid, is_test boolean, is_own boolean, is_merged boolean, handed_at timestamptz, accepted_at timestamptz,
    contacted_at timestamptz, tries integer, opportunity_at timestamptz,
    won_at timestamptz, won_minor bigint, won_currency text, lost_at timestamptz, lost_code text,
    given_fact uuid, given_kind text, given_at timestamptz, given_code text, given_rep_id text,
    duplicate_of uuid, given_proof text, given_evidence text, rep_id text, team text, worked_at timestamptz,
    work_due_at timestamptz
)
ORDER BY lead_id
ON CONFLICT (lead_id) DO UPDATE SET
    is_test = excluded.is_test, is_own = excluded.is_own, is_merged = excluded.is_merged,
    handed_at = excluded.handed_at, accepted_at = excluded.accepted_at, contacted_at = excluded.contacted_at,
    tries = excluded.tries, opportunity_at = excluded.opportunity_at,
    won_at = excluded.won_at, won_minor = excluded.won_minor, won_currency = excluded.won_currency,
    lost_at = excluded.lost_at, lost_code = excluded.lost_code, given_fact = excluded.given_fact,
    given_kind = excluded.given_kind, given_at = excluded.given_at, given_code = excluded.given_code,
    given_rep_id = excluded.given_rep_id, duplicate_of = excluded.duplicate_of,
    given_proof = excluded.given_proof, given_evidence = excluded.given_evidence, rep_id = excluded.rep_id,
    team = excluded.team, worked_at = excluded.worked_at, work_due_at = excluded.work_due_at, is_stale = false
WHERE kept.is_stale OR (
    kept.is_test, kept.is_own, kept.is_merged, kept.handed_at, kept.accepted_at, kept.contacted_at,
    kept.tries, kept.opportunity_at, kept.won_at, kept.won_minor, kept.won_currency, kept.lost_at, kept.lost_code,
    kept.given_fact, kept.rep_id, kept.team, kept.worked_at, kept.work_due_at
) IS DISTINCT FROM (
    excluded.is_test, excluded.is_own, excluded.is_merged, excluded.handed_at, excluded.accepted_at,
    excluded.contacted_at, excluded.tries, excluded.opportunity_at, excluded.won_at,
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
