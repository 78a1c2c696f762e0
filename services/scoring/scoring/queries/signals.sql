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
