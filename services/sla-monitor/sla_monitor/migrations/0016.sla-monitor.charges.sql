-- Who answers for a breach by the facts as they are known now, where what was said does not tell it.

-- depends: 0015.sla-monitor.reports-kept

CREATE TABLE charges (
    timer_id uuid PRIMARY KEY,
    charged_within text NOT NULL,
    charged_above text NOT NULL,
    attribution jsonb NOT NULL
);
COMMENT ON TABLE charges IS 'Breaches judged again, a row a promise: written where its two charges and its minutes are not all as they were said. Without a row what was said holds.';
COMMENT ON COLUMN charges.charged_within IS 'Who answers if the lead came within the agreed volume; charged_above: if it came above. Which one holds is known when it is read.';

CREATE FUNCTION note_changed_charges() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_advisory_xact_lock_shared(hashtextextended('baton ' || TG_TABLE_SCHEMA || ' closing', 0));
    INSERT INTO changed_since_closing (subject, is_promise)
    SELECT timers.id, true FROM changed JOIN timers ON timers.id = changed.timer_id
    WHERE due_at < (SELECT max(ends_at) FROM months);
    RETURN NULL;
END $$;
CREATE TRIGGER charges_kept AFTER INSERT ON charges REFERENCING NEW TABLE AS changed
    FOR EACH STATEMENT EXECUTE FUNCTION note_changed_charges();
CREATE TRIGGER charges_changed AFTER UPDATE ON charges REFERENCING NEW TABLE AS changed
    FOR EACH STATEMENT EXECUTE FUNCTION note_changed_charges();
