-- Acts of interest, and by whom.

-- depends: 0005.scoring.persons

CREATE TABLE signals (
    id uuid NOT NULL,
    at timestamptz NOT NULL,
    received_at timestamptz NOT NULL,
    stored_at timestamptz NOT NULL,
    kind text NOT NULL,
    keys text[] NOT NULL,
    form_id text,
    source text,
    line text,
    url text,
    attributes jsonb NOT NULL,
    PRIMARY KEY (at, id)
) PARTITION BY RANGE (at);
COMMENT ON TABLE signals IS 'Each signal once. keys: its identity keys as kind:value, visitor among them; whose they are is looked up when somebody asks, since a visitor becomes known only with a submission.';
CREATE INDEX signals_id ON signals (id);
CREATE INDEX signals_keys ON signals USING gin (keys);
CREATE INDEX signals_received ON signals (received_at);
CREATE TABLE signals_default PARTITION OF signals DEFAULT;
COMMENT ON TABLE signals_default IS 'Signals of times that have no partition of their own.';

CREATE INDEX submissions_visitor ON submissions ((event->>'visitor')) WHERE event->>'visitor' IS NOT NULL;
