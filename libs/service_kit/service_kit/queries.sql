-- SQL of the kit's own tables. A service's own queries stand in its own file.

-- name: try_lock
-- Tries for a session lock of this store: stores share a database, so what it is for stands behind the schema's name.
SELECT pg_try_advisory_lock(hashtextextended('baton ' || current_schema() || ' ' || $1::text, 0))

-- name: unlock
-- Gives a session lock back.
SELECT pg_advisory_unlock(hashtextextended('baton ' || current_schema() || ' ' || $1::text, 0))

-- name: try_lock_in_transaction
-- As try_lock, until the end of the transaction.
SELECT pg_try_advisory_xact_lock(hashtextextended('baton ' || current_schema() || ' ' || $1::text, 0))

-- name: server_state
-- What may soon stop the server: connections, WAL kept for slots, and what its archive says. Any role may ask.
SELECT
    (SELECT sum(numbackends) FROM pg_stat_database)::float8
        / (current_setting('max_connections')::int - current_setting('superuser_reserved_connections')::int)
        AS connections,
    (SELECT coalesce(max(pg_wal_lsn_diff(pg_current_wal_lsn(), restart_lsn)), 0) FROM pg_replication_slots)::float8
        AS slots_kept,
    clock_timestamp() AS now, last_failed_time AS failed, coalesce(last_archived_time, stats_reset) AS archived
FROM pg_stat_archiver

-- name: insert_inbox
-- Takes the events of a batch; returns the ids that are new. Sorted by the caller, so that two pods lock in one order.
INSERT INTO inbox (day, consumer, event_id)
SELECT day, $1, event_id FROM unnest($2::date[], $3::uuid[]) AS taken (day, event_id)
ON CONFLICT DO NOTHING
RETURNING event_id

-- name: delete_inbox
-- Gives rejected events back, so that a replay of their dead letters is processed.
DELETE FROM inbox
USING unnest($2::date[], $3::uuid[]) AS rejected (day, event_id)
WHERE inbox.consumer = $1 AND inbox.day = rejected.day AND inbox.event_id = rejected.event_id

-- name: advance
-- Moves the positions of a batch and adds its counts. A zombie's late batch never moves a position back.
WITH moved AS (
    INSERT INTO position (consumer, topic, partition, next_offset)
    SELECT $1, topic, partition, next_offset
    FROM unnest($2::text[], $3::int[], $4::bigint[]) AS reached (topic, partition, next_offset)
    ON CONFLICT (consumer, topic, partition) DO UPDATE
    SET next_offset = greatest(position.next_offset, excluded.next_offset)
)
INSERT INTO hop_counts (consumer, topic, partition, kind, records)
SELECT $1, topic, partition, kind, records
FROM unnest($5::text[], $6::int[], $7::text[], $8::bigint[]) AS counted (topic, partition, kind, records)
ON CONFLICT (consumer, topic, partition, kind) DO UPDATE
SET records = hop_counts.records + excluded.records

-- name: select_positions
-- Where a consumer reads on.
SELECT topic, partition, next_offset FROM position WHERE consumer = $1

-- name: lock_positions
-- The same, kept as they are until the transaction ends.
SELECT topic, partition, next_offset FROM position WHERE consumer = $1 ORDER BY topic, partition FOR UPDATE

-- name: reset_position
-- Takes a position back after its topic was made anew and is shorter than what was read of the old one.
UPDATE position SET next_offset = $4 WHERE consumer = $1 AND topic = $2 AND partition = $3

-- name: insert_outbox
-- Records to publish, claimed by the process that writes them.
INSERT INTO outbox (topic, key, value, headers, claimed_until)
SELECT topic, key, value, headers, $5
FROM unnest($1::text[], $2::bytea[], $3::bytea[], $4::bytea[]) WITH ORDINALITY
    AS written (topic, key, value, headers, place)
ORDER BY place
RETURNING id

-- name: delete_outbox
-- Drops records that the broker has acknowledged.
DELETE FROM outbox WHERE id = ANY($1::bigint[])

-- name: claim_outbox
-- Takes over records whose claim ran out, oldest first; any number of sweepers share them.
WITH expired AS (
    SELECT id FROM outbox WHERE claimed_until < $1 ORDER BY id LIMIT $3 FOR UPDATE SKIP LOCKED
), claimed AS (
    UPDATE outbox SET claimed_until = $2 FROM expired WHERE outbox.id = expired.id
    RETURNING outbox.id, topic, key, value, headers
)
SELECT id, topic, key, value, headers FROM claimed ORDER BY id

-- name: outbox_state
-- Size of the outbox and of the part whose claim has run out.
SELECT count(*) AS records, count(*) FILTER (WHERE claimed_until < $1) AS expired FROM outbox

-- name: count_dead_letters
-- Adds dead letters to the minute's slot.
INSERT INTO dead_letter_window (consumer, slot, records) VALUES ($1, date_trunc('minute', $2::timestamptz), $3)
ON CONFLICT (consumer, slot) DO UPDATE SET records = dead_letter_window.records + excluded.records

-- name: recent_dead_letters
-- Dead letters of a consumer since a moment, and since its last resume.
SELECT coalesce(sum(records), 0)::bigint FROM dead_letter_window WHERE consumer = $1 AND slot >= $2

-- name: stop_consumer
-- Stops a consumer; a consumer already stopped stays with its first stop.
INSERT INTO dead_letter_stop (consumer, stopped_at, records, over_limit) VALUES ($1, $2, $3, $4)
ON CONFLICT (consumer) WHERE resumed_at IS NULL DO NOTHING

-- name: open_stop
-- Whether a consumer is stopped, and since when.
SELECT stopped_at, records, over_limit FROM dead_letter_stop WHERE consumer = $1 AND resumed_at IS NULL

-- name: open_stops
-- All consumers of this store that are stopped.
SELECT consumer, stopped_at, records, over_limit FROM dead_letter_stop WHERE resumed_at IS NULL ORDER BY consumer

-- name: resume_consumers
-- Lets stopped consumers go on; who and why stay as audit. Null resumes all.
UPDATE dead_letter_stop SET resumed_at = $2, resumed_by = $3, resume_reason = $4
WHERE resumed_at IS NULL AND ($1::text IS NULL OR consumer = $1)
RETURNING consumer

-- name: clear_dead_letter_window
-- After a resume the count starts from zero.
DELETE FROM dead_letter_window WHERE consumer = ANY($1::text[])

-- name: insert_replay
-- Audit of dead letters sent back.
INSERT INTO dead_letter_replay (topic, partition, first_offset, records, replayed_at, replayed_by)
VALUES ($1, $2, $3, $4, $5, $6)

-- name: replays_of
-- When these dead letters were sent back, if they were; the last time of each.
SELECT topic, partition, first_offset, max(replayed_at) AS replayed_at
FROM dead_letter_replay
JOIN unnest($1::text[], $2::int[], $3::bigint[]) AS asked (topic, partition, first_offset)
    USING (topic, partition, first_offset)
GROUP BY topic, partition, first_offset

-- name: replayed_offsets
-- Dead letters of a partition that were sent back, of those that are still there.
SELECT DISTINCT first_offset FROM dead_letter_replay
WHERE topic = $1 AND partition = $2 AND first_offset >= $3

-- name: hop_counts
-- What became of everything read, summed over partitions.
SELECT consumer, topic, kind, sum(records)::bigint AS records
FROM hop_counts GROUP BY consumer, topic, kind ORDER BY consumer, topic, kind

-- name: inbox_partitions
-- The inbox's own days.
SELECT child.relname AS name
FROM pg_inherits JOIN pg_class child ON child.oid = inhrelid
WHERE inhparent = 'inbox'::regclass AND child.relname ~ '^inbox_[0-9]{8}$'

-- name: default_days
-- Days that rows of the default partition belong to.
SELECT DISTINCT day FROM inbox_default WHERE day >= $1

-- name: trim_default
-- Drops rows of the default partition that are older than any record Kafka can still hold.
DELETE FROM inbox_default WHERE day < $1

-- name: insert_audit
-- One change that was asked for.
INSERT INTO audit (at, role, subject, name, action, object_kind, object_id, detail, request_id)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)

-- name: audit_listed
-- Changes, the newest first, before $1; by who did it, what, and to what.
SELECT id, at, role, subject, name, action, object_kind, object_id, detail, request_id FROM audit
WHERE ($1::bigint IS NULL OR id < $1) AND ($2::text IS NULL OR subject = $2) AND ($3::text IS NULL OR action = $3)
  AND ($4::text IS NULL OR object_kind = $4) AND ($5::text IS NULL OR object_id = $5)
  AND ($6::timestamptz IS NULL OR at >= $6)
ORDER BY id DESC LIMIT $7

-- name: keep_traces
-- The span that dealt with each lead last. Sorted by the caller, so that two pods lock in one order.
INSERT INTO traces (subject, traceparent, at)
SELECT subject, traceparent, $3 FROM unnest($1::uuid[], $2::text[]) AS dealt (subject, traceparent)
ON CONFLICT (subject) DO UPDATE SET traceparent = excluded.traceparent, at = excluded.at

-- name: traces_of
-- The spans that dealt with these last.
SELECT subject, traceparent FROM traces WHERE subject = ANY($1::uuid[])

-- name: forget_traces
-- Drops what nobody asks for any more.
DELETE FROM traces WHERE at < $1

-- name: lineage
-- Names this copy of the store: server, its timeline, and the table that a restored dump makes anew. Null in recovery.
SELECT system_identifier::text || '/' || CASE WHEN NOT pg_is_in_recovery() THEN
    left(pg_walfile_name(pg_current_wal_lsn()), 8) END || '/' || to_regclass('position')::oid::text
FROM pg_control_system()

-- name: lineage_of_table
-- The same of a server that keeps the first two to itself.
SELECT '//' || to_regclass('position')::oid::text

-- name: is_whole
-- Whether a service knew this copy ($1) of the store to lack nothing, at most so many seconds ago.
SELECT EXISTS (
    SELECT FROM lineage WHERE name = $1 AND abs(extract(epoch FROM clock_timestamp() - whole_at)) <= $2::float8
)

-- name: keep_lineage
-- The store, as it is called now, lacks nothing.
INSERT INTO lineage (name, whole_at, kept) VALUES ($1, clock_timestamp(), 1)
ON CONFLICT (is_only) DO UPDATE SET name = excluded.name, whole_at = excluded.whole_at, kept = lineage.kept + 1
RETURNING kept

-- name: times_kept
-- How often that was said of it.
SELECT coalesce((SELECT kept FROM lineage), 0)

-- name: forget_lineage
-- The store may lack something: whoever starts reads back first.
UPDATE lineage SET whole_at = 'epoch'

-- name: is_store_empty
-- Whether no consumer ever read into this store.
SELECT NOT EXISTS (SELECT FROM position)
