-- What one of ours asks is no marketing's: also while it waits for a rep. A lead that a list opened wakes as any.

-- depends: 0017.scoring.nurturing-families

ALTER TABLE wake_ups
    DROP CONSTRAINT wake_ups_became_check,
    ADD CONSTRAINT wake_ups_became_check
        CHECK (became IN ('opened', 'joined', 'overtaken', 'left_alone', 'ended_otherwise'));

CREATE OR REPLACE FUNCTION look_at_changed_leads() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO nurturing_looks (lead_id) SELECT id FROM (
        SELECT id, person_id, state, stage, quadrant, is_test, close_reason, consent, invited_at, asks, handling IS NULL
        FROM fresh
        EXCEPT
        SELECT id, person_id, state, stage, quadrant, is_test, close_reason, consent, invited_at, asks, handling IS NULL
        FROM stale
    ) AS changed;
    RETURN NULL;
END $$;

CREATE FUNCTION look_at_accounts_of_leads() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' THEN
        INSERT INTO nurturing_looks (lead_id)
        SELECT lead_id FROM (SELECT lead_id, told FROM fresh EXCEPT SELECT lead_id, told FROM stale) AS changed;
    ELSE
        INSERT INTO nurturing_looks (lead_id) SELECT lead_id FROM fresh;
    END IF;
    RETURN NULL;
END $$;

CREATE TRIGGER nurturing_new_accounts AFTER INSERT ON lead_accounts
    REFERENCING NEW TABLE AS fresh FOR EACH STATEMENT EXECUTE FUNCTION look_at_accounts_of_leads();
CREATE TRIGGER nurturing_changed_accounts AFTER UPDATE ON lead_accounts
    REFERENCING NEW TABLE AS fresh OLD TABLE AS stale FOR EACH STATEMENT EXECUTE FUNCTION look_at_accounts_of_leads();
CREATE TRIGGER nurturing_gone_accounts AFTER DELETE ON lead_accounts
    REFERENCING OLD TABLE AS fresh FOR EACH STATEMENT EXECUTE FUNCTION look_at_accounts_of_leads();

INSERT INTO nurturing_looks (lead_id) SELECT n.lead_id FROM nurturing n JOIN lead_accounts t USING (lead_id)
WHERE n.left_at IS NULL;
