-- How often services have said that the store lacks nothing: a copy of an earlier moment has a smaller number.

ALTER TABLE lineage ADD COLUMN kept bigint NOT NULL DEFAULT 0;
COMMENT ON COLUMN lineage.kept IS 'Only ever grows. Who has seen it larger works on a store that was put back, and ends.';
