-- name: known_signals
-- Which of these signals are kept already.
SELECT id FROM signals WHERE id = ANY($1::uuid[])

-- name: insert_signals
-- Signals not kept before.
INSERT INTO signals (id, at, received_at, stored_at, kind, keys, form_id, source, line, url, attributes)
SELECT id, at, received_at, $1, kind, string_to_array(keys, E'\n'), form_id, source, line, url, attributes
FROM unnest($2::uuid[], $3::timestamptz[], $4::timestamptz[], $5::text[], $6::text[], $7::text[], $8::text[],
    $9::text[], $10::text[], $11::jsonb[])
    AS given (id, at, received_at, kind, keys, form_id, source, line, url, attributes)
ON CONFLICT DO NOTHING

-- name: signals_of_lead
-- Signals of a lead's person and of whoever was merged into that one, newest first, from a place in that order on.
WITH RECURSIVE whole AS (
    SELECT person_id AS id FROM leads WHERE id = $1
    UNION
    SELECT p.id FROM persons p JOIN whole ON p.merged_into = whole.id
), names AS MATERIALIZED (
    SELECT k.kind || ':' || k.value AS key FROM identity_keys k JOIN whole ON k.person_id = whole.id
    WHERE k.identifies
    UNION
    SELECT 'visitor:' || (s.event->>'visitor') FROM submissions s JOIN whole ON s.person_id = whole.id
    WHERE s.event->>'visitor' IS NOT NULL
)
SELECT id AS signal_id, kind, at, received_at, line, url, form_id, source, attributes FROM signals
WHERE keys && (SELECT coalesce(array_agg(key), '{}') FROM names)
    AND ($2::timestamptz IS NULL OR (at, id) < ($2, $3::uuid))
ORDER BY at DESC, id DESC LIMIT $4

-- name: count_signals
-- How many signals are kept.
SELECT count(*) FROM signals

-- name: erase_signals
-- Signals that one of these keys, or the visitor of one of these submissions, stands on.
DELETE FROM signals WHERE keys && ($1::text[] || (
    SELECT coalesce(array_agg('visitor:' || (event->>'visitor')), '{}') FROM submissions
    WHERE id = ANY($2::uuid[]) AND event->>'visitor' IS NOT NULL))

-- name: expire_signals
-- Some of the signals received before a moment.
DELETE FROM signals WHERE (at, id) IN (
    SELECT at, id FROM signals WHERE received_at < $1 ORDER BY received_at LIMIT $2)

-- name: lock_browsers
-- Browsers by their ids until the end of the transaction, in one order: who sends a form from one, and what it signals meanwhile, see each other. 256 locks stand for all browsers, as PostgreSQL has room for so many only.
SELECT pg_advisory_xact_lock(hashtext('browsers'), part)
FROM (SELECT DISTINCT hashtext(name) & 255 AS part FROM unnest($1::text[]) AS asked (name) ORDER BY part) AS sorted

-- name: names_of_persons
-- By what acts of these persons, and of whoever was merged into them, are known: keys that identify, and browsers.
WITH RECURSIVE whole AS (
    SELECT id, id AS root FROM persons WHERE id = ANY($1::uuid[])
    UNION
    SELECT p.id, whole.root FROM persons p JOIN whole ON p.merged_into = whole.id
)
SELECT whole.root, k.kind, k.value FROM whole JOIN identity_keys k ON k.person_id = whole.id WHERE k.identifies
UNION
SELECT whole.root, 'visitor', s.event->>'visitor' FROM whole JOIN submissions s ON s.person_id = whole.id
WHERE s.event->>'visitor' IS NOT NULL AND s.state IN ('opened', 'joined') AND s.superseded_by IS NULL

-- name: owners_of_browsers
-- Who has sent forms from these browsers.
WITH RECURSIVE up AS (
    SELECT event->>'visitor' AS visitor, person_id AS id FROM submissions
    WHERE event->>'visitor' = ANY($1::text[]) AND person_id IS NOT NULL
        AND state IN ('opened', 'joined') AND superseded_by IS NULL
    UNION
    SELECT up.visitor, p.merged_into FROM up JOIN persons p ON p.id = up.id WHERE p.merged_into IS NOT NULL
)
SELECT up.visitor, up.id AS person_id FROM up JOIN persons p ON p.id = up.id WHERE p.merged_into IS NULL

-- name: signals_named
-- What is kept under each of these names since a moment, so many of each: the newest of each kind in turns, so that no kind crowds out another. OFFSET 0 has each name looked up among keys: a limit on acts in order of time tempts the planner to read all there are in that order.
SELECT DISTINCT s.id, s.at, s.kind, s.keys, s.form_id, s.source, s.line, s.url, s.attributes
FROM unnest($1::text[]) AS asked (name)
CROSS JOIN LATERAL (
    SELECT theirs.*, row_number() OVER (PARTITION BY kind ORDER BY at DESC, theirs.id DESC) AS place
    FROM (SELECT * FROM signals WHERE keys @> ARRAY[asked.name] AND at > $2 OFFSET 0) AS theirs
    ORDER BY place, at DESC, id DESC LIMIT $3
) AS s

-- name: last_leads
-- The newest lead, open or ended, of each of these persons, and of whoever was merged into them, in each line.
WITH RECURSIVE whole AS (
    SELECT id, id AS root FROM persons WHERE id = ANY($1::uuid[])
    UNION
    SELECT p.id, whole.root FROM persons p JOIN whole ON p.merged_into = whole.id
)
SELECT DISTINCT ON (whole.root, leads.line) whole.root, leads.line, leads.opened_at, leads.origins, leads.is_test
FROM whole JOIN leads ON leads.person_id = whole.id AND leads.state IN ('open', 'closed')
ORDER BY whole.root, leads.line, leads.opened_at DESC, leads.id DESC

-- name: ask_due
-- Open leads of persons are due from a moment on. Whoever holds one may have scored it by what was known before us, so that is waited for; where two wait for each other, PostgreSQL tells one, and its batch is repeated.
UPDATE leads SET due_at = least(due_at, $2)
WHERE id IN (SELECT id FROM leads WHERE person_id = ANY($1::uuid[]) AND state = 'open' ORDER BY id FOR UPDATE)

-- name: leads_due
-- Open leads that time alone moves to another quadrant by now.
SELECT id FROM leads WHERE state = 'open' AND due_at <= $1 ORDER BY due_at LIMIT $2
