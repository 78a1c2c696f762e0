-- What intake tells of imports, and what became of their rows.

-- name: note_imports
-- The newest word on each import; an older one changes nothing.
INSERT INTO imports (id, seq, state, form_id, file, by, settings, started_at, told_at, rows, published, refused, skipped, error)
SELECT * FROM unnest($1::uuid[], $2::bigint[], $3::text[], $4::text[], $5::text[], $6::text[], $7::jsonb[],
    $8::timestamptz[], $9::timestamptz[], $10::bigint[], $11::bigint[], $12::bigint[], $13::bigint[], $14::text[])
ON CONFLICT (id) DO UPDATE SET seq = excluded.seq, state = excluded.state, settings = excluded.settings,
    told_at = excluded.told_at, rows = excluded.rows, published = excluded.published, refused = excluded.refused,
    skipped = excluded.skipped, error = excluded.error
WHERE imports.seq < excluded.seq

-- name: list_imports
-- Imports, newest first.
SELECT * FROM imports WHERE $1::timestamptz IS NULL OR (started_at, id) < ($1, $2::uuid)
ORDER BY started_at DESC, id DESC LIMIT $3

-- name: one_import
-- What intake said last of one import.
SELECT * FROM imports WHERE id = $1

-- name: rows_by_state
-- How many rows of an import stand in each state.
SELECT state, count(*) AS submissions FROM submissions WHERE import_id = $1 GROUP BY state ORDER BY state

-- name: rows_arrived
-- How many of the numbers that an import gave to its rows have been read, repeats of earlier imports included.
WITH heard AS (
    SELECT numbers FROM receipts WHERE instance = $1
    UNION ALL
    SELECT numbers FROM receipt_batches WHERE instance = $1
), spans AS (
    SELECT unnest(range_agg(numbers)) AS span FROM heard
)
SELECT coalesce(sum(upper(span) - lower(span)), 0)::bigint FROM spans

-- name: leads_behind_keys
-- Of rows' identity keys: the persons known by them, whoever they were merged into, and those persons' leads.
WITH RECURSIVE asked AS (
    SELECT * FROM unnest($1::integer[], $2::text[], $3::text[]) AS asked (place, kind, value)
), whole AS (
    SELECT a.place, k.person_id AS id FROM asked a
    JOIN identity_keys k ON k.kind = a.kind AND k.value = a.value
    WHERE k.identifies AND k.person_id IS NOT NULL
    UNION
    SELECT w.place, p.merged_into FROM whole w JOIN persons p ON p.id = w.id WHERE p.merged_into IS NOT NULL
)
SELECT DISTINCT w.place, l.id AS lead_id, l.line, l.state, l.close_reason
FROM whole w LEFT JOIN leads l ON l.person_id = w.id ORDER BY w.place, l.id
