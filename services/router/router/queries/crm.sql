-- What CRMs are told and say.

-- name: crm_alone
-- Whether this transaction is the only one for a purpose: what goes through one hand keeps its order.
SELECT pg_try_advisory_xact_lock(hashtextextended(current_schema() || ' crm ' || $1, 0))

-- name: crm_take_news
-- The oldest news, with the lead's person, and the key of the act; the end of a lead after the act that ended it.
SELECT (SELECT a.key FROM acts a WHERE a.id = n.act_id) AS act_key, n.id, n.cause, n.lead_id, n.round, n.kind, n.act_id, n.happened_at, l.is_test, coalesce(l.person_id, (
    SELECT r.subject FROM crm_records r WHERE r.lead_id = n.lead_id AND r.subject <> r.lead_id LIMIT 1
)) AS person_id
FROM (SELECT * FROM crm_news ORDER BY id LIMIT $1) n JOIN leads l ON l.id = n.lead_id
ORDER BY n.lead_id, n.round, n.kind = 'closed', n.id

-- name: crm_drop_news
-- News that requests were made of.
DELETE FROM crm_news WHERE id = ANY($1::bigint[])

-- name: crm_insert_requests
-- Requests to send; one that is known by its id already is left as it is.
INSERT INTO crm_requests
    (id, connection, request, kind, lead_id, person_id, subject, round, act_id, happened_at, created_at, due_at,
     give_up_at)
SELECT n.id, n.connection, n.request, n.kind, n.lead_id, n.person_id, coalesce(n.person_id, n.lead_id), n.round,
       n.act_id, n.happened_at, $11, $11, n.give_up_at
FROM unnest(
    $1::uuid[], $2::text[], $3::text[], $4::text[], $5::uuid[], $6::uuid[], $7::integer[], $8::uuid[],
    $9::timestamptz[], $10::timestamptz[]
) WITH ORDINALITY AS n (
    id, connection, request, kind, lead_id, person_id, round, act_id, happened_at, give_up_at, place
)
ORDER BY n.place
ON CONFLICT (id) DO NOTHING

-- name: crm_claim
-- Takes requests of connection $4 that are due, the first of their subject each, and counts the attempt; without a
-- connection those that are in none of $5.
UPDATE crm_requests SET claimed_until = $1::timestamptz + $2::interval, attempts = attempts + 1
WHERE id IN (
    SELECT r.id FROM crm_requests r
    WHERE r.state = 'pending' AND r.due_at <= $1 AND (r.claimed_until IS NULL OR r.claimed_until <= $1)
      AND CASE WHEN $4::text IS NULL THEN NOT r.connection = ANY($5::text[]) ELSE r.connection = $4 END
      AND NOT EXISTS (
          SELECT FROM crm_requests e
          WHERE e.state = 'pending' AND e.connection = r.connection AND e.subject = r.subject
            AND e.position < r.position
      )
    ORDER BY r.due_at, r.position LIMIT $3 FOR UPDATE SKIP LOCKED
)
RETURNING *

-- name: crm_story
-- A lead with the round and act that a request tells of, and whether another round came after it.
SELECT l.*, a.why, a.ended_at AS round_ended_at, r.id AS rep_id, r.name AS rep_name, r.email AS rep_email,
       r.crm_id AS rep_crm_id, act.content AS act_content,
       EXISTS (SELECT FROM assignments later WHERE later.lead_id = l.id AND later.round > $2) AS is_overtaken
FROM leads l
LEFT JOIN assignments a ON a.lead_id = l.id AND a.round = $2
LEFT JOIN reps r ON r.id = a.rep_id
LEFT JOIN acts act ON act.id = $3
WHERE l.id = $1

-- name: crm_records_of
-- The ids that a CRM has for a lead and its person.
SELECT name, subject, object_id FROM crm_records WHERE connection = $1 AND subject = ANY($2::uuid[])

-- name: crm_keep_record
-- Keeps the id that a CRM has for a lead or person.
INSERT INTO crm_records (connection, name, subject, object_id, lead_id, kept_at) VALUES ($1, $2, $3, $4, $5, $6)
ON CONFLICT (connection, name, subject)
    DO UPDATE SET object_id = excluded.object_id, lead_id = excluded.lead_id, kept_at = excluded.kept_at

-- name: crm_waken_events
-- What was said of an object whose id is known now. One that is being settled is waited for.
UPDATE crm_events SET state = 'new'
WHERE connection = $1 AND object_id = $3 AND record = $2 AND state IN ('new', 'unmatched') AND lead_id IS NULL

-- name: crm_drop_record
-- An id that the CRM does not know any more.
DELETE FROM crm_records WHERE connection = $1 AND name = $2 AND subject = $3

-- name: crm_note_attempt
-- Keeps how an attempt ended.
INSERT INTO crm_attempts (request_id, number, began_at, ended_at, outcome, detail, owner)
SELECT id, $2, $3, $4, $5, $6, $7 FROM crm_requests WHERE id = $1 ON CONFLICT DO NOTHING

-- name: crm_settle
-- How a request stands after an attempt; somebody who took it over meanwhile decides instead, unless it is done.
UPDATE crm_requests
SET state = $3, due_at = $4, outcome = $5, detail = $6, claimed_until = NULL,
    ended_at = CASE WHEN $3 = 'pending' THEN NULL ELSE $7::timestamptz END
WHERE id = $1 AND state = 'pending' AND (attempts = $2 OR $3 = 'done')

-- name: crm_pending
-- How many requests wait.
SELECT count(*) FROM crm_requests WHERE state = 'pending'

-- name: crm_forget_ended
-- Requests and events that ended before a moment, a handful at a time.
WITH requests AS (
    DELETE FROM crm_requests WHERE id IN (
        SELECT id FROM crm_requests WHERE state <> 'pending' AND ended_at < $1 LIMIT 1000)
)
DELETE FROM crm_events WHERE (connection, id) IN (
    SELECT connection, id FROM crm_events WHERE state <> 'new' AND settled_at < $1 LIMIT 1000)

-- name: crm_requests_listed
-- Requests in one state, the newest first.
SELECT id, connection, request, kind, lead_id, round, state, attempts, outcome, detail, happened_at, due_at, ended_at
FROM crm_requests WHERE state = $1 ORDER BY position DESC LIMIT $2

-- name: crm_requests_of_leads
-- What a CRM was told of a lead, oldest first.
SELECT connection, request, kind, round, state, attempts, outcome, detail, happened_at, ended_at
FROM crm_requests WHERE lead_id = $1 ORDER BY position

-- name: crm_objects_of_lead
-- Under which ids CRMs keep a lead and its person.
SELECT r.connection, r.name, r.object_id, r.kept_at FROM leads l
JOIN crm_records r ON r.subject IN (l.id, l.person_id) WHERE l.id = $1 ORDER BY r.connection, r.name

-- name: crm_retry
-- A request that was given up is tried again, for as long as at first.
UPDATE crm_requests
SET state = 'pending', created_at = $2, due_at = $2, give_up_at = $2::timestamptz + (give_up_at - created_at),
    ended_at = NULL
WHERE id = $1 AND state = 'given_up' RETURNING id

-- name: crm_insert_events
-- What a CRM said; what it said before is left as it is. What it dates ahead was when it came: else nothing later would
-- ever count.
INSERT INTO crm_events
    (connection, id, record, object_id, occurred_at, received_at, owner, outcome, value_minor, currency, reason,
     channel, result, words, is_ours)
SELECT $1, n.id, $2, n.object_id, least(n.occurred_at, $3), $3, n.owner, n.outcome, n.value_minor, n.currency,
       n.reason, n.channel, n.result, ARRAY(SELECT jsonb_array_elements_text(n.words::jsonb)), n.is_ours
FROM unnest(
    $4::text[], $5::text[], $6::timestamptz[], $7::text[], $8::text[], $9::bigint[], $10::text[], $11::text[],
    $12::text[], $13::text[], $14::text[], $15::bool[]
) AS n (id, object_id, occurred_at, owner, outcome, value_minor, currency, reason, channel, result, words, is_ours)
ON CONFLICT DO NOTHING RETURNING id

-- name: crm_next_event
-- The event that waits and happened first, locked.
SELECT * FROM crm_events WHERE state = 'new'
ORDER BY coalesce(occurred_at, received_at), received_at, id LIMIT 1 FOR UPDATE

-- name: crm_settle_event
-- What became of an event.
UPDATE crm_events SET state = $3, why = $4, lead_id = $5, settled_at = $6 WHERE connection = $1 AND id = $2

-- name: crm_later_event
-- Whether an event of the same object and kind that happened later is applied already.
SELECT EXISTS (
    SELECT FROM crm_events
    WHERE connection = $1 AND object_id = $2 AND state = 'applied' AND occurred_at > $3
      AND CASE WHEN $4 THEN owner IS NOT NULL ELSE outcome IS NOT NULL END)

-- name: crm_leads_of_object
-- The leads that a CRM keeps under an id, open ones first, the last handed one on top, with who has or had them.
SELECT l.id, l.state, a.rep_id, a.round, a.assigned_at, a.ended_at,
       (SELECT min(f.assigned_at) FROM assignments f WHERE f.lead_id = l.id) AS first_assigned_at
FROM crm_records r
JOIN leads l ON l.id = r.subject OR l.person_id = r.subject
JOIN LATERAL (
    SELECT * FROM assignments a WHERE a.lead_id = l.id ORDER BY a.round DESC LIMIT 1
) a ON true
WHERE r.connection = $1 AND r.name = $2 AND r.object_id = $3
ORDER BY l.state = 'assigned' DESC, a.assigned_at DESC, l.id

-- name: crm_our_own
-- Whether an attempt of ours named this owner around that moment and has not come back yet: each does once, and what
-- comes back of object $6 is noted with $7.
SELECT (
    SELECT count(*) FROM crm_attempts t JOIN crm_requests q ON q.id = t.request_id
    WHERE q.connection = $1 AND q.lead_id = $2 AND lower(t.owner) = lower($3)
      AND $4 BETWEEN t.began_at - $5::interval AND t.ended_at + $5::interval
) > (
    SELECT count(*) FROM crm_events e
    WHERE e.connection = $1 AND e.object_id = $6 AND e.state = 'ignored' AND e.why = $7 AND lower(e.owner) = lower($3)
      AND coalesce(e.occurred_at, e.received_at) BETWEEN $4::timestamptz - 2 * $5::interval AND $4 + 2 * $5::interval
)

-- name: crm_our_own_outcome
-- Whether we told the CRM of this outcome around that moment, with this amount ($6, $7) unless it names none.
SELECT EXISTS (
    SELECT FROM crm_attempts t JOIN crm_requests q ON q.id = t.request_id LEFT JOIN acts a ON a.id = q.act_id
    WHERE q.connection = $1 AND q.lead_id = $2 AND q.kind = 'outcome.' || $3
      AND $4 BETWEEN t.began_at - $5::interval AND t.ended_at + $5::interval
      AND ($6::bigint IS NULL OR (a.content #>> '{value,minor}')::bigint = $6 AND a.content #>> '{value,currency}' = $7))

-- name: crm_contacts_told
-- The contacts that we told the CRM of around that moment: by which request, and what the rep said of each.
SELECT q.request, a.content ->> 'channel' AS channel, a.content ->> 'result' AS result
FROM crm_requests q LEFT JOIN acts a ON a.id = q.act_id
WHERE q.connection = $1 AND q.lead_id = $2 AND q.kind = 'contacted' AND EXISTS (
    SELECT FROM crm_attempts t
    WHERE t.request_id = q.id AND $3 BETWEEN t.began_at - $4::interval AND t.ended_at + $4::interval
)

-- name: crm_contacts_come_back
-- How many contacts that say the same were taken for our own around that moment, noted with $7.
SELECT count(*) FROM crm_events
WHERE connection = $1 AND lead_id = $2 AND state = 'ignored' AND why = $7 AND result = $6 AND channel = $5
    AND words = $8::text[]
    AND coalesce(occurred_at, received_at) BETWEEN $3::timestamptz - 2 * $4::interval AND $3 + 2 * $4::interval

-- name: crm_rep_by_id
-- Which rep the CRM calls so.
SELECT id FROM reps WHERE crm_id = $1 ORDER BY is_active DESC, id LIMIT 1

-- name: crm_rep_by_email
-- Which rep has this e-mail.
SELECT id FROM reps WHERE lower(email) = lower($1) ORDER BY is_active DESC, id LIMIT 1

-- name: crm_unmatched
-- What a CRM said that nothing could be done with, the newest first.
SELECT connection, id, record, object_id, occurred_at, received_at, owner, outcome, value_minor, currency, channel,
       result, why, lead_id
FROM crm_events WHERE state = 'unmatched' ORDER BY received_at DESC, id LIMIT $1

-- name: crm_try_events_again
-- What nothing could be done with is looked at once more.
WITH again AS (UPDATE crm_events SET state = 'new' WHERE state = 'unmatched' RETURNING 1)
SELECT count(*) FROM again

-- name: wipe_crm
-- What CRMs were told and said of leads whose person is erased. They are to hear of it: until they have, the ids that
-- they gave stay.
WITH events AS (
    DELETE FROM crm_events e USING crm_records r
    WHERE (r.subject = ANY($1::uuid[]) OR r.lead_id = ANY($1::uuid[]))
      AND e.connection = r.connection AND e.object_id = r.object_id
), requests AS (
    DELETE FROM crm_requests WHERE lead_id = ANY($1::uuid[]) AND kind <> 'erased'
), news AS (
    DELETE FROM crm_news WHERE lead_id = ANY($1::uuid[]) AND kind <> 'erased'
)
INSERT INTO crm_news (cause, lead_id, round, kind, happened_at)
SELECT DISTINCT ON (a.lead_id) a.id, a.lead_id, a.round, 'erased', now() FROM assignments a
WHERE a.lead_id = ANY($1::uuid[]) AND EXISTS (SELECT FROM crm_in_use)
ORDER BY a.lead_id, a.round DESC

-- name: crm_erased_meanwhile
-- A person who was erased while a CRM was just told of them: it is to hear of that too.
INSERT INTO crm_news (cause, lead_id, round, kind, happened_at) VALUES ($1, $2, $3, 'erased', $4)

-- name: crm_is_in_hand
-- Whether a request is still known, locked.
SELECT true FROM crm_requests WHERE id = $1 FOR UPDATE

-- name: crm_drop_ids
-- The ids that a CRM gave of an erased lead ($1) and its person ($2), once it has heard of the erasure.
DELETE FROM crm_records r WHERE (r.subject IN ($1, $2) OR r.lead_id = $1)
    AND NOT EXISTS (
        SELECT FROM crm_requests q WHERE q.kind = 'erased' AND q.state = 'pending' AND q.connection = r.connection
            AND (q.lead_id = $1 OR q.subject = $2)
    )

-- name: crm_waken
-- Requests that wait after failures: their CRM answers again.
UPDATE crm_requests SET due_at = $2
WHERE connection = $1 AND state = 'pending' AND outcome = 'later' AND due_at > $2 AND claimed_until IS NULL
