-- Which copy of the store this is, and when a service last knew that it lacks nothing.

CREATE TABLE lineage (
    is_only boolean PRIMARY KEY DEFAULT true CHECK (is_only),
    name text NOT NULL,
    whole_at timestamptz NOT NULL
);
COMMENT ON TABLE lineage IS 'One row. A store whose own name differs, or that nobody knew whole for a minute, may have been restored: topics are read back first.';
