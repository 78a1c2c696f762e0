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
SELECT id, first_at, merged_into, merges, profile, profile_received, suppressed_at, profile_unsure FROM persons
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

-- name: lead_ids_in_use
-- Which of these are leads, whatever their state.
SELECT id FROM leads WHERE id = ANY($1::uuid[])

-- name: owners_of_leads
-- Whose these leads are, unlocked.
SELECT person_id FROM leads WHERE id = ANY($1::uuid[]) AND state <> 'erased'

-- name: lock_leads
-- These leads whatever their state, those they were merged into, and the open ones of persons, by id. The persons are locked, so none of theirs opens or ends meanwhile. As an array, which the planner takes for short: it reads the whole table where it cannot tell how many there are.
SELECT * FROM leads
WHERE id = ANY(ARRAY(
    WITH RECURSIVE named AS (
        SELECT id, merged_into FROM leads WHERE id = ANY($1::uuid[]) AND state <> 'erased'
        UNION
        SELECT l.id, l.merged_into FROM leads l JOIN named n ON l.id = n.merged_into
    )
    SELECT id FROM named
    UNION
    SELECT id FROM leads WHERE person_id = ANY($2::uuid[]) AND state = 'open'
))
ORDER BY id FOR UPDATE

-- name: submissions_with_events
-- What stands now for submissions that reports name: themselves, or a vendor's last correction of them.
WITH RECURSIVE standing AS (
    SELECT id AS named, id FROM submissions WHERE id = ANY($1::uuid[])
    UNION
    SELECT standing.named, s.superseded_by FROM standing JOIN submissions s USING (id)
    WHERE s.superseded_by IS NOT NULL
)
SELECT standing.named, s.event, s.durable_at, s.lead_ids, s.merged_leads, s.state, s.released_at
FROM standing JOIN submissions s USING (id) WHERE s.superseded_by IS NULL

-- name: save_persons
-- New persons, and what is now known of the others.
INSERT INTO persons (id, first_at, merged_into, merges, profile, profile_received, suppressed_at, profile_unsure)
SELECT id, first_at, merged_into, merges, profile, profile_received, suppressed_at, profile_unsure::jsonb
FROM unnest($1::uuid[], $2::timestamptz[], $3::uuid[], $4::int[], $5::jsonb[], $6::jsonb[], $7::timestamptz[], $8::text[])
    AS saved (id, first_at, merged_into, merges, profile, profile_received, suppressed_at, profile_unsure)
ON CONFLICT (id) DO UPDATE SET merged_into = excluded.merged_into, merges = excluded.merges,
    profile = excluded.profile, profile_received = excluded.profile_received, suppressed_at = excluded.suppressed_at,
    profile_unsure = excluded.profile_unsure

-- name: save_identity_keys
-- Whom keys belong to, and whether they still identify.
UPDATE identity_keys SET person_id = changed.person_id, email = changed.email, identifies = changed.identifies
FROM unnest($1::text[], $2::text[], $3::uuid[], $4::text[], $5::boolean[])
    AS changed (kind, value, person_id, email, identifies)
WHERE identity_keys.kind = changed.kind AND identity_keys.value = changed.value

-- name: drop_unused_keys
-- Keys that were made for a batch and belong to nobody after it: who waits in quarantine leaves none.
DELETE FROM identity_keys USING unnest($1::text[], $2::text[]) AS unused (kind, value)
WHERE identity_keys.kind = unused.kind AND identity_keys.value = unused.value AND person_id IS NULL AND identifies

-- name: insert_submissions
-- Submissions and what became of them; lead ids come as text arrays written '{...}'.
INSERT INTO submissions (id, form_id, fingerprint, key, received_at, durable_at, stored_at, is_bulk, state,
    person_id, lead_ids, merged_leads, keys, duplicate_of, event, released_at, superseded_by, import_id, import_row)
SELECT id, form_id, fingerprint, key, received_at, durable_at, $1::timestamptz, is_bulk, state, person_id,
    lead_ids::uuid[], merged_leads::uuid[], array(SELECT jsonb_array_elements_text(keys::jsonb)), duplicate_of,
    event::jsonb, released_at, superseded_by, import_id, import_row
FROM unnest($2::uuid[], $3::text[], $4::text[], $5::text[], $6::timestamptz[], $7::timestamptz[], $8::boolean[],
    $9::text[], $10::uuid[], $11::text[], $12::text[], $13::text[], $14::uuid[], $15::text[], $16::timestamptz[],
    $17::uuid[], $18::uuid[], $19::int[])
    AS taken (id, form_id, fingerprint, key, received_at, durable_at, is_bulk, state, person_id, lead_ids,
        merged_leads, keys, duplicate_of, event, released_at, superseded_by, import_id, import_row)

-- name: update_submissions
-- Submissions that were taken again, as they stand now; of several releases the first holds.
UPDATE submissions SET state = taken.state, person_id = taken.person_id, lead_ids = taken.lead_ids::uuid[],
    merged_leads = taken.merged_leads::uuid[], keys = array(SELECT jsonb_array_elements_text(taken.keys::jsonb)),
    duplicate_of = taken.duplicate_of, event = taken.event::jsonb, released_at = coalesce(submissions.released_at, taken.released_at),
    superseded_by = coalesce(taken.superseded_by, submissions.superseded_by), stripped_at = NULL
FROM unnest($1::uuid[], $2::text[], $3::uuid[], $4::text[], $5::text[], $6::text[], $7::uuid[], $8::text[],
    $9::timestamptz[], $10::uuid[])
    AS taken (id, state, person_id, lead_ids, merged_leads, keys, duplicate_of, event, released_at, superseded_by)
WHERE submissions.id = taken.id

-- name: supersede_submissions
-- Submissions that a vendor's correction stands for now.
UPDATE submissions SET superseded_by = newer.id
FROM unnest($1::uuid[], $2::uuid[]) AS newer (old, id) WHERE submissions.id = newer.old

-- name: insert_quarantine
-- Submissions that wait for a person; one that waits again, after it was let go on, is nobody's any more.
INSERT INTO quarantine (submission_id, form_id, reason, detail, received_at, stored_at)
SELECT submission_id, form_id, reason, detail, received_at, $1::timestamptz
FROM unnest($2::uuid[], $3::text[], $4::text[], $5::text[], $6::timestamptz[])
    AS waiting (submission_id, form_id, reason, detail, received_at)
ON CONFLICT (submission_id) DO UPDATE SET reason = excluded.reason, detail = excluded.detail, action_id = NULL,
    sent_at = NULL

-- name: leave_quarantine
-- Submissions that wait no more.
DELETE FROM quarantine WHERE submission_id = ANY($1::uuid[])

-- name: keys_and_owners
-- Whose these submissions are, unlocked: what must be locked before they are.
SELECT person_id, lead_ids, keys FROM submissions WHERE id = ANY($1::uuid[])

-- name: lock_submissions
-- Submissions that come again, whole: after the leads, by id.
SELECT id, event, keys, durable_at, state, person_id, lead_ids, merged_leads, superseded_by FROM submissions
WHERE id = ANY($1::uuid[]) ORDER BY id FOR UPDATE

-- name: accepted_under_keys
-- What vendors sent before under these ids and is not put right yet, the newest first.
SELECT s.form_id, s.key, s.id, s.event, s.keys, s.durable_at, s.state, s.person_id, s.lead_ids, s.merged_leads,
    s.superseded_by
FROM unnest($1::text[], $2::text[]) AS asked (form_id, key)
CROSS JOIN LATERAL (
    SELECT * FROM submissions WHERE form_id = asked.form_id AND key = asked.key
        AND state IN ('opened', 'joined') AND superseded_by IS NULL
    ORDER BY received_at DESC, id LIMIT 50
) AS s

-- name: contributions
-- What submissions of these persons, and of whoever was merged into them, say; those put right since count no more.
WITH RECURSIVE whole AS (
    SELECT id, id AS root FROM persons WHERE id = ANY($1::uuid[])
    UNION
    SELECT p.id, whole.root FROM persons p JOIN whole ON p.merged_into = whole.id
), holders AS (
    SELECT l.id AS lead, l.id AS holder, l.merged_into FROM whole JOIN leads l ON l.person_id = whole.id
    UNION
    SELECT h.lead, l.id, l.merged_into FROM holders h JOIN leads l ON l.id = h.merged_into
)
SELECT whole.root, s.id, s.form_id, s.received_at, s.keys, s.event - 'fields' - 'raw' AS event,
    array(SELECT holder FROM holders WHERE lead = ANY(s.lead_ids)) AS leads
FROM whole JOIN submissions s ON s.person_id = whole.id
WHERE s.state IN ('opened', 'joined') AND s.superseded_by IS NULL

-- name: leave_places
-- Leads that go to another person are no longer the open one of the old person and line; the next statement opens them.
UPDATE leads SET state = 'closed' WHERE id = ANY($1::uuid[]) AND state = 'open'

-- name: save_leads
-- New leads, and others as they now stand; of several endings told the earliest holds.
INSERT INTO leads (id, person_id, opened_person, line, opened_by, opened_at, state, seq, submissions, asks, is_test,
    origins, attribution, consent, fit, interest, quadrant, stage, sql_at, rulebook_version, merged_into, closed_at,
    close_reason, handling, invited_at, is_own, due_at)
SELECT id, person_id, opened_person, line, opened_by, opened_at, state, seq, submissions, asks, is_test,
    origins::jsonb, attribution, consent, fit, interest, quadrant, stage, sql_at, rulebook_version, merged_into,
    closed_at, close_reason, handling, invited_at, is_own, due_at
FROM unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::text[], $5::uuid[], $6::timestamptz[], $7::text[], $8::int[],
    $9::int[], $10::boolean[], $11::boolean[], $12::text[], $13::jsonb[], $14::jsonb[], $15::int[], $16::int[],
    $17::text[], $18::text[], $19::timestamptz[], $20::int[], $21::uuid[], $22::timestamptz[], $23::text[],
    $24::jsonb[], $25::timestamptz[], $26::boolean[], $27::timestamptz[])
    AS saved (id, person_id, opened_person, line, opened_by, opened_at, state, seq, submissions, asks, is_test,
        origins, attribution, consent, fit, interest, quadrant, stage, sql_at, rulebook_version, merged_into,
        closed_at, close_reason, handling, invited_at, is_own, due_at)
ON CONFLICT (id) DO UPDATE SET person_id = excluded.person_id, state = excluded.state, seq = excluded.seq,
    opened_by = excluded.opened_by, submissions = excluded.submissions, asks = excluded.asks, is_test = excluded.is_test,
    origins = excluded.origins, attribution = excluded.attribution, consent = excluded.consent, handling = excluded.handling,
    invited_at = excluded.invited_at, is_own = excluded.is_own, due_at = excluded.due_at, fit = excluded.fit, interest = excluded.interest,
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
-- Submissions that a late ask has brought to another lead, or that turned out to be another person's; null: as it was.
UPDATE submissions SET state = coalesce(moved.state, submissions.state),
    lead_ids = coalesce(moved.lead_ids::uuid[], submissions.lead_ids),
    merged_leads = coalesce(moved.merged_leads::uuid[], submissions.merged_leads),
    person_id = coalesce(moved.person_id, submissions.person_id)
FROM unnest($1::uuid[], $2::text[], $3::text[], $4::text[], $5::uuid[])
    AS moved (id, state, lead_ids, merged_leads, person_id)
WHERE submissions.id = moved.id AND submissions.person_id IS NOT NULL

-- name: move_superseded
-- What these submissions have put right is the same person's.
WITH RECURSIVE before AS (
    SELECT s.id, s.form_id, s.key, moved.person_id
    FROM unnest($1::uuid[], $2::uuid[]) AS moved (id, person_id) JOIN submissions s USING (id)
    UNION
    SELECT older.id, older.form_id, older.key, before.person_id FROM before JOIN submissions older
        ON older.form_id = before.form_id AND older.key = before.key AND older.superseded_by = before.id
)
UPDATE submissions SET person_id = before.person_id FROM before
WHERE submissions.id = before.id AND submissions.person_id IS NOT NULL
    AND submissions.person_id <> before.person_id

-- name: undo_merges
-- These persons stand alone again.
UPDATE merges SET undone_at = $2 WHERE other = ANY($1::uuid[]) AND undone_at IS NULL

-- name: family_of_persons
-- All that these persons are of, with whom they were merged, and whether keys of theirs are not among those given:
-- what is locked before one is parted.
WITH RECURSIVE up AS (
    SELECT id, merged_into FROM persons WHERE id = ANY($1::uuid[])
    UNION
    SELECT p.id, p.merged_into FROM persons p JOIN up ON p.id = up.merged_into
), whole AS (
    SELECT id FROM up
    UNION
    SELECT p.id FROM persons p JOIN whole ON p.merged_into = whole.id
)
SELECT array(SELECT id FROM whole) AS persons,
    EXISTS (SELECT FROM identity_keys WHERE person_id IN (SELECT id FROM whole)
        AND (kind, value) NOT IN (SELECT * FROM unnest($2::text[], $3::text[]))) AS lacking,
    array(SELECT id FROM leads WHERE person_id IN (SELECT id FROM whole) AND state <> 'erased') AS leads

-- name: keys_kept_together
-- Pairs of keys, both among these, that are one person's by somebody's word.
SELECT kind, value, other_kind, other_value FROM kept_together
WHERE (kind, value) IN (SELECT * FROM unnest($1::text[], $2::text[]))
    AND (other_kind, other_value) IN (SELECT * FROM unnest($1::text[], $2::text[]))

-- name: keys_kept_apart
-- Pairs of keys, both among these, that an operator keeps apart.
SELECT kind, value, other_kind, other_value FROM kept_apart
WHERE (kind, value) IN (SELECT * FROM unnest($1::text[], $2::text[]))
    AND (other_kind, other_value) IN (SELECT * FROM unnest($1::text[], $2::text[]))
