-- name: lock_nurturing
-- One look at a time, whoever looks.
SELECT pg_advisory_xact_lock(hashtextextended('baton-scoring-nurturing', 0))

-- name: take_looks
-- Takes what is to be looked at, the longest waiting first.
DELETE FROM nurturing_looks WHERE id IN (SELECT id FROM nurturing_looks ORDER BY id LIMIT $1) RETURNING lead_id

-- name: ask_looks
-- Leads that are to be looked at.
INSERT INTO nurturing_looks (lead_id) SELECT DISTINCT * FROM unnest($1::uuid[])

-- name: ask_looks_at_all
-- Everybody who may be in nurturing, and whose leaving the tool has not been told.
INSERT INTO nurturing_looks (lead_id) SELECT id FROM leads WHERE state = 'open' OR close_reason = 'recycled'
UNION SELECT lead_id FROM nurturing WHERE left_at IS NOT NULL AND is_told

-- name: ask_looks_of_keys
-- Whoever is known by these keys, and all who are one person with them: a closed lead stays with whom it was of.
WITH RECURSIVE named AS (
    SELECT k.person_id AS id FROM identity_keys k
    WHERE (k.kind, k.value) IN (SELECT * FROM unnest($1::text[], $2::text[])) AND k.person_id IS NOT NULL
    UNION
    SELECT p.id FROM unnest($1::text[], $2::text[]) AS given (kind, value)
    JOIN persons p ON given.kind = 'person' AND p.id::text = given.value
    UNION
    SELECT n.person_id FROM nurturing n JOIN persons p ON p.id = n.person_id
    WHERE n.left_at IS NULL AND gmail_mailbox(lower(p.profile->>'email')) = ANY($2::text[])
)
SELECT look_at_families(array(SELECT id FROM named))

-- name: candidates
-- All leads of the persons and lines that these leads are of, open or closed, with what decides about nurturing.
WITH RECURSIVE looked AS (
    SELECT DISTINCT person_id, line FROM leads WHERE id = ANY($1::uuid[])
), up AS (
    SELECT k.line, p.id, p.merged_into FROM looked k JOIN persons p ON p.id = k.person_id
    UNION
    SELECT up.line, p.id, p.merged_into FROM up JOIN persons p ON p.id = up.merged_into
), roots AS (
    SELECT line, id FROM up WHERE merged_into IS NULL
), whole AS (
    SELECT line, id AS root, id FROM roots
    UNION
    SELECT w.line, w.root, p.id FROM whole w JOIN persons p ON p.merged_into = w.id
)
SELECT w.root, w.line, l.id AS lead_id, l.state, l.stage, l.quadrant, l.opened_at, l.is_test, l.consent,
    l.handling->>'mode' AS mode, l.closed_at, l.close_reason, h.at AS handed_at, k.wake_at, f.reason AS said,
    (l.asks AND a.standing IN ('customer', 'partner', 'open_deal')) IS TRUE AS is_request_of_ours,
    (a.standing = 'competitor') IS TRUE AS is_competitor,
    r.suppressed_at IS NOT NULL AND (l.invited_at IS NULL OR l.invited_at <= r.suppressed_at) AS is_off_limits
FROM whole w JOIN persons r ON r.id = w.root
JOIN leads l ON l.person_id = w.id AND l.line = w.line AND l.state IN ('open', 'closed')
LEFT JOIN first_handoffs h ON h.lead_id = l.id
LEFT JOIN wake_ups k ON k.lead_id = l.id
LEFT JOIN lead_accounts t ON t.lead_id = l.id
LEFT JOIN accounts a ON a.id = t.account_id AND (a.line IS NULL OR a.line = l.line)
LEFT JOIN LATERAL (
    SELECT reason FROM feedback WHERE lead_id = l.id AND kind = 'recycled' ORDER BY at, id LIMIT 1
) AS f ON true

-- name: unsubscribed
-- Which of these persons, or whoever is one with them, is known by a key that has unsubscribed, however Gmail spells it.
WITH RECURSIVE whole AS (
    SELECT id, id AS root FROM persons WHERE id = ANY($1::uuid[])
    UNION
    SELECT p.id, w.root FROM whole w JOIN persons p ON p.merged_into = w.id
)
SELECT w.root FROM whole w JOIN identity_keys k ON k.person_id = w.id AND k.kind IN ('email', 'role')
JOIN unsubscribes u ON u.kind = 'email' AND u.value = gmail_mailbox(k.value)
UNION
SELECT w.root FROM whole w JOIN persons p ON p.id = w.id
JOIN unsubscribes u ON u.kind = 'email' AND u.value = gmail_mailbox(lower(p.profile->>'email'))
UNION
SELECT w.root FROM whole w JOIN unsubscribes u ON u.kind = 'person' AND u.value = w.id::text

-- name: rows_to_judge
-- Who is in nurturing by these leads, or for these persons and lines; is_gone and merged_into: of the person.
SELECT n.*, p.id IS NULL AS is_gone, p.merged_into FROM nurturing n LEFT JOIN persons p ON p.id = n.person_id
WHERE (n.person_id, n.line) IN (
    SELECT person_id, line FROM nurturing WHERE lead_id = ANY($1::uuid[])
    UNION
    SELECT * FROM unnest($2::uuid[], $3::text[]))

-- name: save_places
-- Who is in nurturing, and who has left it.
INSERT INTO nurturing (person_id, line, contact_id, lead_id, why, quadrant, stage, reason, since, wake_at, kept_back,
    is_told, revision, changed_at, left_at, left_because, was_handed, told_contact)
SELECT * FROM unnest($1::uuid[], $2::text[], $3::uuid[], $4::uuid[], $5::text[], $6::text[], $7::text[], $8::text[],
    $9::timestamptz[], $10::timestamptz[], $11::text[], $12::boolean[], $13::int[], $14::timestamptz[],
    $15::timestamptz[], $16::text[], $17::boolean[], $18::text[])
ON CONFLICT (person_id, line) DO UPDATE SET lead_id = excluded.lead_id, why = excluded.why,
    quadrant = excluded.quadrant, stage = excluded.stage, reason = excluded.reason, since = excluded.since,
    wake_at = excluded.wake_at, kept_back = excluded.kept_back, is_told = excluded.is_told,
    revision = excluded.revision, changed_at = excluded.changed_at, left_at = excluded.left_at,
    left_because = excluded.left_because, was_handed = excluded.was_handed, told_contact = excluded.told_contact

-- name: profiles
-- What persons are called and how they are reached.
SELECT id, profile FROM persons WHERE id = ANY($1::uuid[])

-- name: policy
-- nurturing.yaml as everybody was last looked at by, and whom was told last.
SELECT policy, told_url FROM nurturing_policy

-- name: save_policy
-- That everybody is looked at by this one.
INSERT INTO nurturing_policy (policy, rulebook_version, at, told_url) VALUES ($1, $2, $3, $1::jsonb->'webhook'->>'url')
ON CONFLICT (is_only) DO UPDATE SET policy = excluded.policy, rulebook_version = excluded.rulebook_version,
    at = excluded.at, told_url = coalesce(excluded.told_url, nurturing_policy.told_url)

-- name: tell_anew
-- Another tool is told from now on: it knows nobody yet.
UPDATE nurturing SET is_told = false WHERE is_told

-- name: list_places
-- Who is in nurturing, the newest first, from a place in that order on; with $6 only whom the tool is told of.
SELECT n.contact_id, n.person_id, n.line, n.lead_id, n.why, n.quadrant, n.stage, n.reason, n.since, n.wake_at,
    n.kept_back, n.is_told, n.revision, p.profile
FROM nurturing n JOIN persons p ON p.id = n.person_id
WHERE n.left_at IS NULL AND ($1::timestamptz IS NULL OR (n.since, n.contact_id) < ($1, $2::uuid))
    AND ($3::text IS NULL OR n.line = $3) AND ($4::text IS NULL OR n.quadrant = $4)
    AND (NOT $6::boolean OR n.kept_back IS NULL)
ORDER BY n.since DESC, n.contact_id DESC LIMIT $5

-- name: left_since
-- Of whom the tool was told, and who left, or is not to be handed over any more, since a moment.
SELECT contact_id, line, left_because FROM (
    SELECT contact_id, line, left_because, left_at FROM nurturing WHERE left_at > $1 AND was_handed
    UNION ALL
    SELECT contact_id, line, 'kept_back', changed_at FROM nurturing
    WHERE left_at IS NULL AND kept_back IS NOT NULL AND changed_at > $1 AND was_handed
) AS gone ORDER BY left_at, contact_id

-- name: count_places
-- How many are in nurturing, by quadrant and by whether the tool is told of them.
SELECT quadrant, kept_back IS NULL AS is_handed, count(*)::int AS persons FROM nurturing WHERE left_at IS NULL
GROUP BY 1, 2

-- name: count_looks
-- How many are still to be looked at.
SELECT count(*) FROM nurturing_looks

-- name: forget_left
-- Who left before a moment, a handful at a time: the erased, and whom the tool was never told of.
DELETE FROM nurturing WHERE (person_id, line) IN (
    SELECT person_id, line FROM nurturing WHERE left_at < $1 AND (left_because = 'erased' OR revision = 0)
    ORDER BY left_at LIMIT 1000)

-- name: last_file
-- The day of the last CSV file, and when it was written.
SELECT day, at FROM nurturing_files ORDER BY day DESC LIMIT 1

-- name: note_file
-- That a day's file is written.
INSERT INTO nurturing_files (day, at, rows) VALUES ($1, $2, $3) ON CONFLICT (day) DO NOTHING

-- name: unsubscribe
-- Keys that want no marketing; who said so first stays.
INSERT INTO unsubscribes (kind, value, at, via, by)
SELECT kind, value, $3::timestamptz, $4::text, $5::text FROM unnest($1::text[], $2::text[]) AS given (kind, value)
ON CONFLICT DO NOTHING RETURNING kind, value

-- name: persons_of_contacts
-- Who contacts are, with their e-mails, as far as they are known here.
SELECT n.contact_id, n.person_id, p.profile->>'email' AS email FROM nurturing n JOIN persons p ON p.id = n.person_id
WHERE n.contact_id = ANY($1::uuid[])

-- name: note_wake_ups
-- When recycled leads are to come back; of several recyclings of a lead the first told holds.
INSERT INTO wake_ups (lead_id, event_id, wake_at)
SELECT given.* FROM unnest($1::uuid[], $2::uuid[], $3::timestamptz[]) AS given (lead_id, event_id, wake_at)
JOIN leads l ON l.id = given.lead_id AND l.state <> 'erased'
ON CONFLICT (lead_id) DO NOTHING

-- name: wake_ups_due
-- Leads whose day has come, the longest due first. One that is still open here waits until its closing is read, and
-- one whose line has no scorecard until it has one.
SELECT w.lead_id, w.event_id, w.wake_at, l.state = 'closed' AND l.close_reason = 'recycled' AS is_recycled
FROM wake_ups w JOIN leads l ON l.id = w.lead_id
WHERE w.became IS NULL AND w.wake_at <= $1 AND l.state <> 'open' AND l.line = ANY($3::text[]) ORDER BY w.wake_at, w.lead_id LIMIT $2

-- name: end_wake_ups
-- What became of leads whose day had come.
UPDATE wake_ups w SET became = given.became, became_at = $3
FROM unnest($1::uuid[], $2::text[]) AS given (lead_id, became) WHERE w.lead_id = given.lead_id AND w.became IS NULL

-- name: overtaken
-- Which of these leads a later one of the same person and line has followed, open or not. One that a list opened, to
-- be nurtured, is nobody who came back, and neither is a test.
WITH RECURSIVE asked AS (
    SELECT id, person_id FROM leads WHERE id = ANY($1::uuid[])
), up AS (
    SELECT a.id AS lead, p.id, p.merged_into FROM asked a JOIN persons p ON p.id = a.person_id
    UNION
    SELECT up.lead, p.id, p.merged_into FROM up JOIN persons p ON p.id = up.merged_into
), whole AS (
    SELECT lead, id FROM up
    UNION
    SELECT w.lead, p.id FROM whole w JOIN persons p ON p.merged_into = w.id
)
SELECT DISTINCT w.lead FROM whole w JOIN leads a ON a.id = w.lead
JOIN leads l ON l.person_id = w.id AND l.line = a.line AND l.id <> a.id AND (a.is_test OR NOT l.is_test)
WHERE l.state = 'open' AND (l.handling->>'mode' IS DISTINCT FROM 'nurture'
        OR EXISTS (SELECT FROM first_handoffs h WHERE h.lead_id = l.id))
    OR l.state = 'closed' AND l.closed_at > a.closed_at

-- name: erase_nurturing
-- What is written about erased persons in nurturing, and by which keys they had unsubscribed.
WITH given AS (SELECT * FROM unnest($2::text[], $3::text[]) AS given (kind, value)),
    gone AS (DELETE FROM unsubscribes WHERE (kind, value) IN (SELECT * FROM given)
        OR kind = 'email' AND gmail_mailbox(value) IN (
            SELECT gmail_mailbox(value) FROM given WHERE kind IN ('email', 'role'))),
    waking AS (DELETE FROM wake_ups WHERE lead_id = ANY($4::uuid[]))
UPDATE nurturing SET reason = '', told_contact = NULL WHERE person_id = ANY($1::uuid[]) RETURNING contact_id

-- name: erase_deliveries
-- What was to be told, or was told, of erased persons: those on their way are not sent.
UPDATE deliveries SET subject = '', text = '', data = '{}', claimed_until = NULL,
    state = CASE state WHEN 'pending' THEN 'given_up' ELSE state END,
    outcome = CASE state WHEN 'pending' THEN 'impossible' ELSE outcome END,
    detail = CASE state WHEN 'pending' THEN 'the person was erased' ELSE detail END,
    ended_at = coalesce(ended_at, $2)
WHERE about = ANY($1::uuid[])

-- name: send_again
-- Of each contact the newest message, where it was given up on its way to the tool that is told now: from the start.
UPDATE deliveries d SET state = 'pending', target = $1, due_at = $2, give_up_at = $2::timestamptz + $3::interval,
    ended_at = NULL, outcome = NULL, detail = NULL, claimed_until = NULL
WHERE d.state = 'given_up' AND d.outcome <> 'impossible' AND d.kind LIKE 'nurturing.%'
    AND d.target->>'url' = $1::jsonb->>'url'
    AND NOT EXISTS (SELECT FROM deliveries newer WHERE newer.about = d.about AND newer.created_at > d.created_at)
RETURNING d.id

-- name: export_nurturing
-- What is kept of persons in nurturing.
SELECT contact_id, line, lead_id, why, reason, since, wake_at, kept_back, is_told, revision, left_at, left_because
FROM nurturing WHERE person_id = ANY($1::uuid[]) ORDER BY since, contact_id

-- name: export_unsubscribes
-- By which keys persons have unsubscribed.
WITH given AS (SELECT * FROM unnest($1::text[], $2::text[]) AS given (kind, value))
SELECT kind, value, at, via, by FROM unsubscribes WHERE (kind, value) IN (SELECT * FROM given)
    OR kind = 'email' AND gmail_mailbox(value) IN (SELECT gmail_mailbox(value) FROM given WHERE kind IN ('email', 'role'))
ORDER BY at, value
