-- SQL of the table of versions, which stands in the schema of each service with a store.

-- name: insert_version
-- Keeps a version; one that is known already is left as it is.
INSERT INTO rulebook_versions
    (version, effective_from, published_at, published_by, checksum, rolled_back_to, rulebook)
VALUES ($1, $2, $3, $4, $5, $6, $7::text::jsonb)
ON CONFLICT (version) DO NOTHING
RETURNING version

-- name: checksum_of
-- The content of a known version, to tell a repeat from a contradiction.
SELECT checksum FROM rulebook_versions WHERE version = $1

-- name: newest_number
-- How far the table is: cheap enough for every transaction.
SELECT coalesce(max(version), 0) FROM rulebook_versions

-- name: versions_after
-- Versions that a cache does not have yet, in order.
SELECT version, effective_from, rulebook::text AS rulebook
FROM rulebook_versions WHERE version > $1 ORDER BY version

-- name: list_versions
-- What was published when and by whom ($2: by one only), newest first, without the content.
SELECT version, effective_from, published_at, published_by, checksum, rolled_back_to
FROM rulebook_versions WHERE published_by = coalesce($2, published_by) ORDER BY version DESC LIMIT $1

-- name: one_version
-- One version whole.
SELECT version, effective_from, published_at, published_by, checksum, rolled_back_to, rulebook::text AS rulebook
FROM rulebook_versions WHERE version = $1

-- name: lock_numbering
-- One publication at a time; readers are not held up.
LOCK TABLE rulebook_versions IN SHARE ROW EXCLUSIVE MODE
