-- Imports, as intake tells of them; what became of their rows stands with the submissions.

-- depends: 0005.scoring.persons

CREATE TABLE imports (
    id uuid PRIMARY KEY,
    seq bigint NOT NULL,
    state text NOT NULL CHECK (state IN ('reading', 'finished', 'failed')),
    form_id text NOT NULL,
    file text NOT NULL,
    by text NOT NULL,
    settings jsonb NOT NULL,
    started_at timestamptz NOT NULL,
    told_at timestamptz NOT NULL,
    rows bigint NOT NULL,
    published bigint NOT NULL,
    refused bigint NOT NULL,
    skipped bigint NOT NULL,
    error text
) WITH (fillfactor = 80);
COMMENT ON TABLE imports IS 'The newest word of intake on each import (seq): how far its file is read, how many rows were published and refused.';
CREATE INDEX imports_newest ON imports (started_at DESC, id DESC);
