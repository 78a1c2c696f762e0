-- Every version of the rulebook that this service has seen; never changed, never deleted.
CREATE TABLE rulebook_versions (
    version integer PRIMARY KEY CHECK (version >= 1),
    effective_from timestamptz NOT NULL,
    published_at timestamptz NOT NULL,
    published_by text NOT NULL,
    checksum text NOT NULL,
    rolled_back_to integer,
    rulebook jsonb NOT NULL
);

COMMENT ON TABLE rulebook_versions IS 'Published versions of the rulebook; a decision names the one it was made under';
COMMENT ON COLUMN rulebook_versions.effective_from IS 'Decides from here on; version 1 also decides before';
COMMENT ON COLUMN rulebook_versions.rolled_back_to IS 'The older version whose content this one repeats';
