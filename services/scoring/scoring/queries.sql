-- SQL of scoring's store. Batches come as arrays; rows are locked in the order that handlers.py states.

-- name: register_keys
-- Keeps the content a form's key was first used with; sorted by the caller, the first of equals wins.
INSERT INTO submission_keys (form_id, key, fingerprint, submission_id)
SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::uuid[])
ON CONFLICT (form_id, key) DO NOTHING

-- name: registered_keys
-- The content that keys were first used with.
SELECT form_id, key, fingerprint FROM submission_keys
JOIN unnest($1::text[], $2::text[]) AS asked (form_id, key) USING (form_id, key)

-- name: insert_identity_keys
-- Locking, first step: makes the keys that are missing; sorted by the caller.
INSERT INTO identity_keys (kind, value)
SELECT * FROM unnest($1::text[], $2::text[])
ON CONFLICT (kind, value) DO NOTHING

-- name: lock_identity_keys
-- Locking, second step: all keys of the batch, in the order in which they were made.
SELECT kind, value, person_id, email, identifies FROM identity_keys
WHERE (kind, value) IN (SELECT * FROM unnest($1::text[], $2::text[]))
ORDER BY kind, value
FOR UPDATE

-- name: roots_of
-- The persons given and all that they were merged into, unlocked.
WITH RECURSIVE chain AS (
    SELECT id, merged_into FROM persons WHERE id = ANY($1::uuid[])
    UNION
    SELECT p.id, p.merged_into FROM persons p JOIN chain ON p.id = chain.merged_into
)
SELECT id FROM chain

-- name: lock_persons
-- Locking, third step: persons by id.
SELECT id, first_at, merged_into, merges, profile, profile_received FROM persons
WHERE id = ANY($1::uuid[])
ORDER BY id
FOR UPDATE

-- name: keys_of_persons
-- The keys of persons found to survive a merge that was committed meanwhile.
SELECT kind, value FROM identity_keys WHERE person_id = ANY($1::uuid[])

-- name: stored_submissions
-- Which of these submissions are kept already.
SELECT id FROM submissions WHERE id = ANY($1::uuid[])

-- name: accepted_content
-- Accepted submissions without a key whose content comes again, around the time it comes.
SELECT form_id, fingerprint, received_at, id FROM submissions
WHERE fingerprint = ANY($1::text[]) AND received_at > $2 AND received_at < $3
    AND key IS NULL AND state IN ('opened', 'joined')

-- name: lock_open_leads
-- Locking, last step: the open leads of persons, by id.
SELECT * FROM leads WHERE person_id = ANY($1::uuid[]) AND state = 'open' ORDER BY id FOR UPDATE

-- name: owners_of_leads
-- Whose these leads are, unlocked.
SELECT person_id FROM leads WHERE id = ANY($1::uuid[])

-- name: lock_leads
-- These leads whatever their state, those they were merged into, and the open ones of persons, by id.
SELECT * FROM leads
WHERE id IN (
        WITH RECURSIVE named AS (
            SELECT id, merged_into FROM leads WHERE id = ANY($1::uuid[])
            UNION
            SELECT l.id, l.merged_into FROM leads l JOIN named n ON l.id = n.merged_into
        )
        SELECT id FROM named
    ) OR (person_id = ANY($2::uuid[]) AND state = 'open')
ORDER BY id FOR UPDATE

-- name: submissions_with_events
-- Submissions that reports name, as they came.
SELECT id, event, durable_at, lead_ids, state FROM submissions WHERE id = ANY($1::uuid[])

-- name: save_persons
-- New persons, and what is now known of the others.
INSERT INTO persons (id, first_at, merged_into, merges, profile, profile_received)
SELECT * FROM unnest($1::uuid[], $2::timestamptz[], $3::uuid[], $4::int[], $5::jsonb[], $6::jsonb[])
ON CONFLICT (id) DO UPDATE SET merged_into = excluded.merged_into, merges = excluded.merges,
    profile = excluded.profile, profile_received = excluded.profile_received

-- name: save_identity_keys
-- Whom keys belong to, and whether they still identify.
UPDATE identity_keys SET person_id = changed.person_id, email = changed.email, identifies = changed.identifies
FROM unnest($1::text[], $2::text[], $3::uuid[], $4::text[], $5::boolean[])
    AS changed (kind, value, person_id, email, identifies)
WHERE identity_keys.kind = changed.kind AND identity_keys.value = changed.value

-- name: insert_submissions
-- Submissions and what became of them; lead ids come as text arrays written '{...}'.
INSERT INTO submissions (id, form_id, fingerprint, key, received_at, durable_at, stored_at, is_bulk, state,
    person_id, lead_ids, keys, duplicate_of, event)
SELECT id, form_id, fingerprint, key, received_at, durable_at, $1::timestamptz, is_bulk, state, person_id,
    lead_ids::uuid[], array(SELECT jsonb_array_elements_text(keys::jsonb)), duplicate_of, event::jsonb
FROM unnest($2::uuid[], $3::text[], $4::text[], $5::text[], $6::timestamptz[], $7::timestamptz[], $8::boolean[],
    $9::text[], $10::uuid[], $11::text[], $12::text[], $13::uuid[], $14::text[])
    AS taken (id, form_id, fingerprint, key, received_at, durable_at, is_bulk, state, person_id, lead_ids, keys,
        duplicate_of, event)

-- name: insert_quarantine
-- Submissions that wait for a person.
INSERT INTO quarantine (submission_id, form_id, reason, detail, received_at, stored_at)
SELECT *, $1::timestamptz FROM unnest($2::uuid[], $3::text[], $4::text[], $5::text[], $6::timestamptz[])

-- name: save_leads
-- New leads, and others as they now stand; of several endings told the earliest holds.
INSERT INTO leads (id, person_id, opened_person, line, opened_by, opened_at, state, seq, submissions, asks, is_test,
    origins, attribution, consent, fit, interest, quadrant, stage, sql_at, rulebook_version, merged_into, closed_at,
    close_reason)
SELECT id, person_id, opened_person, line, opened_by, opened_at, state, seq, submissions, asks, is_test,
    origins::jsonb, attribution, consent, fit, interest, quadrant, stage, sql_at, rulebook_version, merged_into,
    closed_at, close_reason
FROM unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::text[], $5::uuid[], $6::timestamptz[], $7::text[], $8::int[],
    $9::int[], $10::boolean[], $11::boolean[], $12::text[], $13::jsonb[], $14::jsonb[], $15::int[], $16::int[],
    $17::text[], $18::text[], $19::timestamptz[], $20::int[], $21::uuid[], $22::timestamptz[], $23::text[])
    AS saved (id, person_id, opened_person, line, opened_by, opened_at, state, seq, submissions, asks, is_test,
        origins, attribution, consent, fit, interest, quadrant, stage, sql_at, rulebook_version, merged_into,
        closed_at, close_reason)
ON CONFLICT (id) DO UPDATE SET person_id = excluded.person_id, state = excluded.state, seq = excluded.seq,
    submissions = excluded.submissions, asks = excluded.asks, is_test = excluded.is_test,
    origins = excluded.origins, consent = excluded.consent, fit = excluded.fit, interest = excluded.interest,
    quadrant = excluded.quadrant, stage = excluded.stage, sql_at = excluded.sql_at,
    rulebook_version = excluded.rulebook_version, merged_into = excluded.merged_into,
    closed_at = least(leads.closed_at, excluded.closed_at),
    close_reason = CASE WHEN leads.closed_at <= excluded.closed_at THEN leads.close_reason
        ELSE coalesce(excluded.close_reason, leads.close_reason) END

-- name: insert_scores
-- Every score with what contributed; lists come as JSON text, for the driver takes a list of lists for a matrix.
INSERT INTO scores (lead_id, seq, at, cause_id, cause_kind, fit, interest, quadrant, stage, rulebook_version,
    contributions)
SELECT lead_id, seq, $1::timestamptz, cause_id, cause_kind, fit, interest, quadrant, stage, rulebook_version, contributions::jsonb
FROM unnest($2::uuid[], $3::int[], $4::uuid[], $5::text[], $6::int[], $7::int[], $8::text[], $9::text[], $10::int[],
    $11::text[])
    AS given (lead_id, seq, cause_id, cause_kind, fit, interest, quadrant, stage, rulebook_version, contributions)

-- name: insert_merges
-- Persons found to be one; lead ids come as text arrays written '{...}'.
INSERT INTO merges (survivor, other, submission_id, at, leads_ended, leads_moved)
SELECT survivor, other, submission_id, $1::timestamptz, leads_ended::uuid[], leads_moved::uuid[]
FROM unnest($2::uuid[], $3::uuid[], $4::uuid[], $5::text[], $6::text[])
    AS found (survivor, other, submission_id, leads_ended, leads_moved)

-- name: move_submissions
-- Submissions that a late ask has brought to another lead.
UPDATE submissions SET state = moved.state, lead_ids = moved.lead_ids::uuid[]
FROM unnest($1::uuid[], $2::text[], $3::text[]) AS moved (id, state, lead_ids)
WHERE submissions.id = moved.id

-- name: insert_receipts
-- Numbers of intake instances as read; the multiranges come as text.
INSERT INTO receipt_batches (instance, numbers, heard_at)
SELECT instance, numbers::int8multirange, heard_at
FROM unnest($1::text[], $2::text[], $3::timestamptz[]) AS read (instance, numbers, heard_at)

-- name: take_receipt_batches
-- Numbers read since the last fold, by instance.
WITH taken AS (DELETE FROM receipt_batches RETURNING instance, numbers, heard_at)
SELECT instance, range_agg(numbers)::text AS numbers, max(upper(numbers)) - 1 AS highest, max(heard_at) AS heard_at
FROM taken GROUP BY instance ORDER BY instance

-- name: lock_receipts
-- The books of instances.
SELECT instance, highest, last_at, settled, sampled, sampled_at FROM receipts
WHERE instance = ANY($1::text[]) ORDER BY instance FOR UPDATE

-- name: save_receipts
-- Adds numbers to an instance's books.
INSERT INTO receipts (instance, numbers, highest, last_at, settled, sampled, sampled_at)
SELECT instance, numbers::int8multirange, highest, last_at, settled, sampled, sampled_at
FROM unnest($1::text[], $2::text[], $3::bigint[], $4::timestamptz[], $5::bigint[], $6::bigint[], $7::timestamptz[])
    AS heard (instance, numbers, highest, last_at, settled, sampled, sampled_at)
ON CONFLICT (instance) DO UPDATE SET numbers = receipts.numbers + excluded.numbers, highest = excluded.highest,
    last_at = excluded.last_at, settled = excluded.settled, sampled = excluded.sampled,
    sampled_at = excluded.sampled_at

-- name: receipts_arrived
-- Each instance's numbers as spans in order, those not folded yet included.
WITH pending AS (
    SELECT instance, range_agg(numbers) AS numbers, max(upper(numbers)) - 1 AS highest, max(heard_at) AS last_at
    FROM receipt_batches GROUP BY instance
), known AS (
    SELECT instance, greatest(r.highest, p.highest) AS highest, greatest(r.last_at, p.last_at) AS last_at,
        coalesce(r.settled, 0) AS settled, coalesce(r.sampled, p.highest) AS sampled,
        coalesce(r.sampled_at, p.last_at) AS sampled_at,
        coalesce(r.numbers, '{}') + coalesce(p.numbers, '{}') AS numbers
    FROM receipts r FULL JOIN pending p USING (instance)
)
SELECT instance, highest, last_at, settled, sampled, sampled_at,
    array(SELECT lower(span) FROM unnest(numbers) AS span) AS firsts,
    array(SELECT upper(span) FROM unnest(numbers) AS span) AS afters
FROM known ORDER BY instance

-- name: save_reading
-- How far partitions have been read; never back.
INSERT INTO reading (topic, partition, read_up_to)
SELECT * FROM unnest($1::text[], $2::int[], $3::timestamptz[])
ON CONFLICT (topic, partition) DO UPDATE SET read_up_to = greatest(reading.read_up_to, excluded.read_up_to)

-- name: read_up_to
-- Everything that the broker took before this moment has been read.
SELECT min(read_up_to) FROM reading

-- name: submissions_by_state
-- How many submissions stand in each state.
SELECT state, count(*) AS submissions FROM submissions GROUP BY state ORDER BY state

-- name: one_submission
-- One submission as it came, and what became of it.
SELECT s.id, s.state, s.person_id, s.lead_ids, s.keys, s.duplicate_of, s.received_at, s.durable_at, s.stored_at,
    s.is_bulk, s.event, q.reason, q.detail
FROM submissions s LEFT JOIN quarantine q ON q.submission_id = s.id WHERE s.id = $1

-- name: list_leads
-- Leads, newest first, from a place in that order on.
SELECT l.*, p.profile FROM leads l JOIN persons p ON p.id = l.person_id
WHERE ($1::timestamptz IS NULL OR (l.opened_at, l.id) < ($1, $2::uuid))
    AND ($3::text IS NULL OR l.quadrant = $3) AND ($4::text IS NULL OR l.line = $4)
ORDER BY l.opened_at DESC, l.id DESC LIMIT $5

-- name: leads_of_email
-- Leads of the person with an e-mail and of all who turned out to be that person, otherwise as list_leads.
WITH RECURSIVE up AS (
    SELECT p.id, p.merged_into FROM identity_keys k JOIN persons p ON p.id = k.person_id
    WHERE k.kind = $6 AND k.value = $7
    UNION
    SELECT p.id, p.merged_into FROM persons p JOIN up ON p.id = up.merged_into
), whole AS (
    SELECT id FROM up
    UNION
    SELECT p.id FROM persons p JOIN whole ON p.merged_into = whole.id
), theirs AS MATERIALIZED (
    SELECT l.* FROM leads l JOIN whole ON l.person_id = whole.id
)
SELECT l.*, p.profile FROM theirs l JOIN persons p ON p.id = l.person_id
WHERE ($1::timestamptz IS NULL OR (l.opened_at, l.id) < ($1, $2::uuid))
    AND ($3::text IS NULL OR l.quadrant = $3) AND ($4::text IS NULL OR l.line = $4)
ORDER BY l.opened_at DESC, l.id DESC LIMIT $5

-- name: leads_by_id_prefix
-- Leads whose ids lie between two, both included, otherwise as list_leads.
WITH these AS MATERIALIZED (SELECT * FROM leads WHERE id BETWEEN $6::uuid AND $7::uuid)
SELECT l.*, p.profile FROM these l JOIN persons p ON p.id = l.person_id
WHERE ($1::timestamptz IS NULL OR (l.opened_at, l.id) < ($1, $2::uuid))
    AND ($3::text IS NULL OR l.quadrant = $3) AND ($4::text IS NULL OR l.line = $4)
ORDER BY l.opened_at DESC, l.id DESC LIMIT $5

-- name: one_lead
-- One lead with its person's profile.
SELECT l.*, p.profile FROM leads l JOIN persons p ON p.id = l.person_id WHERE l.id = $1

-- name: other_open_leads
-- The other open leads of a lead's person.
SELECT o.id, o.line FROM leads l JOIN leads o ON o.person_id = l.person_id AND o.id <> l.id AND o.state = 'open'
WHERE l.id = $1 ORDER BY o.line

-- name: submissions_of_lead
-- A lead's submissions, oldest first: those of its person, of whoever was merged into that one, too.
WITH RECURSIVE whole AS (
    SELECT person_id AS id FROM leads WHERE id = $1
    UNION
    SELECT p.id FROM persons p JOIN whole ON p.merged_into = whole.id
), held AS (
    SELECT $1::uuid AS id
    UNION
    SELECT l.id FROM leads l JOIN held ON l.merged_into = held.id
)
SELECT s.id, s.form_id, s.state, s.received_at FROM submissions s JOIN whole ON s.person_id = whole.id
WHERE s.lead_ids && (SELECT array_agg(id) FROM held)
ORDER BY s.received_at, s.id LIMIT 200

-- name: score_of_lead
-- The score that holds, with its contributions.
SELECT s.* FROM leads l JOIN scores s ON s.lead_id = l.id AND s.seq = l.seq WHERE l.id = $1

-- name: list_quarantine
-- Submissions that wait for a person, newest first, from a place in that order on.
SELECT submission_id, form_id, reason, detail, received_at, stored_at FROM quarantine
WHERE ($1::timestamptz IS NULL OR (stored_at, submission_id) < ($1, $2::uuid))
ORDER BY stored_at DESC, submission_id DESC LIMIT $3
