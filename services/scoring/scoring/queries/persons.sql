-- name: hold_erasures
-- Until this transaction ends nobody is erased; batches do not wait for each other here.
SELECT pg_advisory_xact_lock_shared(hashtextextended('baton-scoring-erasures', 0))

-- name: lock_erasures
-- Waits for batches in work and keeps others out until this transaction ends.
SELECT pg_advisory_xact_lock(hashtextextended('baton-scoring-erasures', 0))

-- name: tombstones
-- Which of these hashes are of erased persons and since when; and the checks of all keys ever used for them.
SELECT hash, erased_at, NULL AS key_check FROM erased_keys WHERE hash = ANY($1::text[])
UNION ALL
SELECT NULL, NULL, key_check FROM erasure_key_checks

-- name: insert_tombstones
-- Keyed hashes of an erased person; erased once more they hold from the later moment.
INSERT INTO erased_keys (hash, act_id, erased_at)
SELECT hash, $2::uuid, $3::timestamptz FROM unnest($1::text[]) AS made (hash)
ON CONFLICT (hash) DO UPDATE SET act_id = excluded.act_id,
    erased_at = greatest(erased_keys.erased_at, excluded.erased_at)

-- name: note_erasure_key
-- That tombstones are made with a key.
INSERT INTO erasure_key_checks (key_check, first_at) VALUES ($1, $2) ON CONFLICT DO NOTHING

-- name: persons_of_key
-- The person that an identity key was first seen with, and whether it still identifies.
SELECT person_id, identifies FROM identity_keys WHERE kind = $1 AND value = $2

-- name: whole_persons
-- These persons, whoever they were merged into, and everybody merged into those; the one that stands for all first.
WITH RECURSIVE up AS (
    SELECT id, merged_into FROM persons WHERE id = ANY($1::uuid[])
    UNION
    SELECT p.id, p.merged_into FROM persons p JOIN up ON p.id = up.merged_into
), whole AS (
    SELECT id, merged_into FROM up
    UNION
    SELECT p.id, p.merged_into FROM persons p JOIN whole ON p.merged_into = whole.id
)
SELECT id FROM whole ORDER BY merged_into IS NOT NULL, id

-- name: lock_keys_of_persons
-- Locking, first step: all identity keys of persons, in the order of every batch.
SELECT kind, value, identifies FROM identity_keys WHERE person_id = ANY($1::uuid[]) ORDER BY kind, value FOR UPDATE

-- name: lock_persons
-- Locking, second step.
SELECT id, profile, profile_received, first_at, merged_into, suppressed_at FROM persons
WHERE id = ANY($1::uuid[]) ORDER BY id FOR UPDATE

-- name: lock_leads
-- Locking, last step: every lead of persons, whatever its state.
SELECT id, state FROM leads WHERE person_id = ANY($1::uuid[]) AND state <> 'erased' ORDER BY id FOR UPDATE

-- name: submissions_of_persons
-- What persons sent.
SELECT id, keys, event->>'visitor' AS visitor FROM submissions WHERE person_id = ANY($1::uuid[])

-- name: submissions_of_nobody
-- Submissions that no person has (quarantined, refused, duplicates) and that these keys or texts show to be theirs.
SELECT id, keys FROM submissions
WHERE person_id IS NULL AND state <> 'erased' AND keys && $1::text[]
    AND NOT EXISTS (SELECT 1 FROM unnest(keys) AS k WHERE k LIKE 'email:%' AND k <> ALL($1::text[]))
    AND (EXISTS (SELECT 1 FROM unnest(keys) AS k WHERE k = ANY($1::text[]) AND k NOT LIKE 'role:%')
        OR NOT EXISTS (SELECT 1 FROM unnest(keys) AS k WHERE k NOT LIKE 'role:%'))
UNION
SELECT id, keys FROM submissions WHERE person_id IS NULL AND duplicate_of = ANY($3::uuid[])
UNION
SELECT id, keys FROM submissions
WHERE person_id IS NULL AND state IN ('quarantined', 'refused') AND keys = '{}'
    AND (lower(event::text) ~ $2 OR lower(encode(decode(coalesce(event->>'raw', ''), 'base64'), 'escape')) ~ $2)

-- name: shared_keys
-- Which of these keys other submissions carry too.
SELECT DISTINCT k AS key FROM submissions s, unnest(s.keys) AS k
WHERE k = ANY($1::text[]) AND s.id <> ALL($2::uuid[]) AND s.state <> 'erased'

-- name: with_repeats
-- These submissions, with what was found to be the same again and what they put right: it holds the same person.
WITH RECURSIVE same AS (
    SELECT id, form_id, fingerprint, key FROM submissions WHERE id = ANY($1::uuid[])
    UNION
    SELECT other.id, other.form_id, other.fingerprint, other.key FROM same CROSS JOIN LATERAL (
        SELECT id, form_id, fingerprint, key FROM submissions
        WHERE fingerprint = same.fingerprint AND duplicate_of = same.id
        UNION ALL
        SELECT id, form_id, fingerprint, key FROM submissions
        WHERE form_id = same.form_id AND key = same.key AND superseded_by = same.id
    ) AS other
)
SELECT id FROM same

-- name: erase_submission_keys
-- The content that erased submissions' keys were first used with.
DELETE FROM submission_keys k USING submissions s
WHERE s.id = ANY($1::uuid[]) AND k.form_id = s.form_id AND k.key = s.key AND k.submission_id = s.id

-- name: erase_submissions
-- Leaves of submissions that they were, so that counts hold and a repeat is known.
UPDATE submissions SET state = 'erased', person_id = NULL, lead_ids = '{}', merged_leads = '{}', keys = '{}',
    duplicate_of = NULL, key = NULL, fingerprint = '', event = '{}'
WHERE id = ANY($1::uuid[])

-- name: erase_quarantine
-- Nothing waits any more.
DELETE FROM quarantine WHERE submission_id = ANY($1::uuid[])

-- name: erase_decisions
-- What was said of them in quarantine.
UPDATE quarantine_decisions SET detail = NULL WHERE submission_id = ANY($1::uuid[])

-- name: erase_leads
-- Leaves of leads what counts need: line, form and source, when, how good.
UPDATE leads SET state = 'erased', merged_into = NULL, attribution = '{}', consent = NULL,
    origins = jsonb_build_array(jsonb_build_array(origins->0->0, origins->0->1, NULL)),
    closed_at = coalesce(closed_at, $2), close_reason = coalesce(close_reason, 'erased')
WHERE id = ANY($1::uuid[])

-- name: erase_scores
-- Why leads scored as they did.
WITH shadows AS (DELETE FROM shadow_scores WHERE lead_id = ANY($1::uuid[]))
DELETE FROM scores WHERE lead_id = ANY($1::uuid[])

-- name: erase_merges
-- Which persons were found to be one.
DELETE FROM merges WHERE survivor = ANY($1::uuid[]) OR other = ANY($1::uuid[])

-- name: erase_identity_keys
-- By which the persons were known again.
DELETE FROM identity_keys WHERE person_id = ANY($1::uuid[]) AND kind || ':' || value <> ALL($2::text[])

-- name: keys_of_nobody
-- Which of these keys nobody is known by.
SELECT kind, value FROM identity_keys WHERE person_id IS NULL
    AND (kind, value) IN (SELECT * FROM unnest($1::text[], $2::text[]))

-- name: erase_keys_of_nobody
-- Keys by which nobody is known.
DELETE FROM identity_keys USING unnest($1::text[], $2::text[]) AS sent (kind, value)
WHERE identity_keys.kind = sent.kind AND identity_keys.value = sent.value AND person_id IS NULL

-- name: free_shared_keys
-- Phones that others share stay known as shared, without the erased person.
UPDATE identity_keys SET person_id = NULL, email = NULL, identifies = false
WHERE person_id = ANY($1::uuid[])

-- name: forget_beside_phones
-- E-mails of the erased that stand beside other people's phones.
UPDATE identity_keys SET email = NULL WHERE kind = 'phone' AND email = ANY($1::text[])

-- name: erase_kept_apart
-- What kept the erased apart from others: it is made of their keys.
DELETE FROM kept_apart USING unnest($1::text[], $2::text[]) AS gone (kind, value)
WHERE (kept_apart.kind, kept_apart.value) = (gone.kind, gone.value)
    OR (kept_apart.other_kind, kept_apart.other_value) = (gone.kind, gone.value)

-- name: erase_kept_together
-- What held the erased together: it is made of their keys.
DELETE FROM kept_together USING unnest($1::text[], $2::text[]) AS gone (kind, value)
WHERE (kept_together.kind, kept_together.value) = (gone.kind, gone.value)
    OR (kept_together.other_kind, kept_together.other_value) = (gone.kind, gone.value)

-- name: erase_persons
-- The persons themselves.
DELETE FROM persons WHERE id = ANY($1::uuid[])

-- name: erase_outbox
-- Records not yet published that carry the person. A submission sent again that was not known to be theirs is taken,
-- and ends as erased then.
DELETE FROM outbox
WHERE (topic = ANY('{lead-scored,lead-scored-bulk,lead-submitted,lead-imported,lead-signalled}') OR topic LIKE '%-dlq')
    AND (EXISTS (SELECT 1 FROM unnest($1::text[]) AS mark
            WHERE position(convert_to(mark, 'UTF8') IN coalesce(value, '')) > 0
                OR position(convert_to(mark, 'UTF8') IN coalesce(key, '')) > 0)
        OR topic <> ALL('{lead-submitted,lead-imported}') AND (
            lower(encode(coalesce(value, ''), 'escape')) ~ $2 OR lower(encode(coalesce(key, ''), 'escape')) ~ $2))

-- name: erase_reasons
-- What was written about earlier acts on the person, and what names them in a reason for anything else.
WITH acts AS (UPDATE person_acts SET reason = '' WHERE person_id = ANY($1::uuid[]) OR lower(reason) ~ $2),
    actions AS (UPDATE quarantine_actions SET why = '' WHERE lower(why) ~ $2)
UPDATE replays SET why = '' WHERE lower(why) ~ $2

-- name: insert_act
-- Who did what about whom, and why.
INSERT INTO person_acts (id, kind, person_id, at, by, reason, counts) VALUES ($1, $2, $3, $4, $5, $6, $7)

-- name: suppress
-- Not to be contacted from now on, or since before.
UPDATE persons SET suppressed_at = coalesce(suppressed_at, $2) WHERE id = ANY($1::uuid[])

-- name: allow
-- May be contacted again.
UPDATE persons SET suppressed_at = NULL WHERE id = ANY($1::uuid[])

-- name: export_persons
-- Persons as they are kept.
SELECT id AS person_id, first_at, merged_into, suppressed_at, profile, profile_received FROM persons
WHERE id = ANY($1::uuid[]) ORDER BY first_at, id

-- name: export_keys
-- By which they are known again.
SELECT kind, value, identifies FROM identity_keys WHERE person_id = ANY($1::uuid[]) ORDER BY kind, value

-- name: export_submissions
-- What they sent, as it came, oldest first.
SELECT s.id AS submission_id, s.form_id, s.state, s.received_at, s.durable_at, s.stored_at, s.lead_ids,
    s.merged_leads, s.keys, s.duplicate_of, s.stripped_at, q.reason AS quarantine_reason, q.detail AS quarantine_detail, s.event
FROM submissions s LEFT JOIN quarantine q ON q.submission_id = s.id
WHERE s.id = ANY($1::uuid[]) ORDER BY s.received_at, s.id

-- name: export_leads
-- Their leads, oldest first.
SELECT id AS lead_id, person_id, opened_person, line, opened_by, opened_at, state, submissions, asks, is_test, origins,
    attribution, consent, invited_at, fit, interest, quadrant, stage, sql_at, rulebook_version, merged_into, closed_at,
    close_reason
FROM leads WHERE id = ANY($1::uuid[]) ORDER BY opened_at, id

-- name: export_scores
-- Every score of leads with what contributed.
SELECT lead_id, seq, at, cause_kind, fit, interest, quadrant, stage, rulebook_version, contributions FROM scores
WHERE lead_id = ANY($1::uuid[]) ORDER BY lead_id, seq

-- name: export_signals
-- What they did on the website, oldest first.
SELECT id AS signal_id, at, received_at, kind, form_id, source, line, url, attributes FROM signals
WHERE keys && $1::text[] ORDER BY at, id

-- name: export_acts
-- What was done about persons.
SELECT kind, at, by, reason, counts FROM person_acts WHERE person_id = ANY($1::uuid[]) ORDER BY at

-- name: open_leads
-- Open leads of persons.
SELECT id FROM leads WHERE person_id = ANY($1::uuid[]) AND state = 'open' ORDER BY id

-- name: next_persons
-- The next persons by id, and which of them, taken alone, nothing was heard of since a moment.
WITH chunk AS (SELECT id, first_at FROM persons WHERE merged_into IS NULL AND id > $1 ORDER BY id LIMIT $2)
SELECT p.id, p.first_at < $3
    AND NOT EXISTS (SELECT 1 FROM leads l LEFT JOIN wake_ups w ON w.lead_id = l.id AND w.became IS NULL
        WHERE l.person_id = p.id
            AND (l.state = 'open' OR (l.state = 'closed' AND greatest(l.closed_at, w.wake_at) >= $3)))
    AND NOT EXISTS (SELECT 1 FROM submissions s WHERE s.person_id = p.id AND s.received_at >= $3) AS is_over
FROM chunk p ORDER BY p.id

-- name: is_in_use
-- Whether anything was heard of these persons since a moment, or a lead of theirs is open or is still to wake.
SELECT EXISTS (SELECT 1 FROM leads l LEFT JOIN wake_ups w ON w.lead_id = l.id AND w.became IS NULL
        WHERE l.person_id = ANY($1::uuid[])
            AND (l.state = 'open' OR (l.state = 'closed' AND greatest(l.closed_at, w.wake_at) >= $2)))
    OR EXISTS (SELECT 1 FROM submissions s WHERE s.person_id = ANY($1::uuid[]) AND s.received_at >= $2)

-- name: expired_submissions
-- Submissions in a state since before a moment, with what was typed still in them.
SELECT s.id FROM submissions s
LEFT JOIN quarantine q ON q.submission_id = s.id
WHERE s.state = ANY($1::text[]) AND s.stripped_at IS NULL AND s.received_at < $2
    AND coalesce(q.stored_at, s.stored_at) < $2 AND q.action_id IS NULL
    AND NOT EXISTS (SELECT 1 FROM quarantine_decisions d WHERE d.submission_id = s.id AND d.decided_at >= $2)
ORDER BY s.id LIMIT $3 FOR UPDATE OF s SKIP LOCKED

-- name: strip_submissions
-- Takes out what was typed; consent and what became of the submission stay, it is still a valid event, and what it
-- said of its person stays as long as the person does, who is put together from it.
UPDATE submissions SET stripped_at = $2, keys = CASE WHEN person_id IS NULL THEN '{}' ELSE keys END,
    event = (event - '{raw,typed,visitor,unmapped}'::text[]) || '{"fields": {}, "attribution": {}}'::jsonb
        || CASE WHEN person_id IS NULL THEN '{"profile": {}}' ELSE '{}' END::jsonb
WHERE id = ANY($1::uuid[])

-- name: note_night
-- That retention has run for a day, and what it took.
INSERT INTO retention_nights (day, at, counts) VALUES ($1, $2, $3) ON CONFLICT (day) DO NOTHING

-- name: last_night
-- The day retention ran for last.
SELECT max(day) FROM retention_nights
