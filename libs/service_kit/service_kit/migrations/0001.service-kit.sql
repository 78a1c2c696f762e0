-- What every store needs to take each event once and pass on what it caused.

CREATE TABLE inbox (
    day date NOT NULL,
    consumer text NOT NULL,
    event_id uuid NOT NULL,
    PRIMARY KEY (day, consumer, event_id)
) PARTITION BY RANGE (day);
COMMENT ON TABLE inbox IS 'Events already taken, by consumer; day is that of ce_time, UTC. A row means: its effects are committed.';
CREATE TABLE inbox_default PARTITION OF inbox DEFAULT;
COMMENT ON TABLE inbox_default IS 'Events of days that have no partition of their own, mostly old ones replayed.';

CREATE TABLE position (
    consumer text NOT NULL,
    topic text NOT NULL,
    partition integer NOT NULL,
    next_offset bigint NOT NULL,
    PRIMARY KEY (consumer, topic, partition)
) WITH (fillfactor = 50);
COMMENT ON TABLE position IS 'Where each consumer reads on; moved in the transaction of the batch, so it and the effects agree.';

CREATE TABLE outbox (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    topic text NOT NULL,
    key bytea,
    value bytea,
    headers bytea NOT NULL,
    claimed_until timestamptz NOT NULL
) WITH (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 2000);
COMMENT ON TABLE outbox IS 'Records to publish. Whoever wrote one publishes it at once; the sweeper takes those whose claim ran out. headers: JSON pairs, values as Latin-1.';

CREATE TABLE hop_counts (
    consumer text NOT NULL,
    topic text NOT NULL,
    partition integer NOT NULL,
    kind text NOT NULL,
    records bigint NOT NULL,
    PRIMARY KEY (consumer, topic, partition, kind)
) WITH (fillfactor = 50);
COMMENT ON TABLE hop_counts IS 'Conservation: read = repeats + dead_letters + the sum of effect:*, for each consumer, topic and partition.';

CREATE TABLE dead_letter_window (
    consumer text NOT NULL,
    slot timestamptz NOT NULL,
    records bigint NOT NULL,
    PRIMARY KEY (consumer, slot)
);
COMMENT ON TABLE dead_letter_window IS 'Dead letters a minute since the last resume, for the limit.';

CREATE TABLE dead_letter_stop (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    consumer text NOT NULL,
    stopped_at timestamptz NOT NULL,
    records bigint NOT NULL,
    over_limit bigint NOT NULL,
    resumed_at timestamptz,
    resumed_by text,
    resume_reason text
);
COMMENT ON TABLE dead_letter_stop IS 'Each stop of a consumer by its dead-letter limit, and who resumed it and why: kept as audit.';
CREATE UNIQUE INDEX dead_letter_stop_open ON dead_letter_stop (consumer) WHERE resumed_at IS NULL;

CREATE TABLE dead_letter_replay (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    topic text NOT NULL,
    partition integer NOT NULL,
    first_offset bigint NOT NULL,
    records bigint NOT NULL,
    replayed_at timestamptz NOT NULL,
    replayed_by text NOT NULL
);
COMMENT ON TABLE dead_letter_replay IS 'Audit of dead letters sent back to their topic.';
