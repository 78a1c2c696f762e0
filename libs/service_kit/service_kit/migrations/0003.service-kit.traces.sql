-- Which trace a lead belongs to, for what is done about it later and by another process.

CREATE TABLE traces (
    subject uuid PRIMARY KEY,
    traceparent text NOT NULL,
    at timestamptz NOT NULL
) WITH (fillfactor = 70);
COMMENT ON TABLE traces IS 'The last span that dealt with a lead here, as W3C traceparent; written only while tracing is on, and forgotten after days.';
