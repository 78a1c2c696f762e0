-- The rulebooks that months are counted by (books.py).

-- name: books_besides
-- Whole rulebooks of versions that the process does not know yet; they may arrive in any order.
SELECT version, effective_from, rulebook::text AS rulebook
FROM rulebook_versions WHERE version <> ALL($1::int[]) ORDER BY version
