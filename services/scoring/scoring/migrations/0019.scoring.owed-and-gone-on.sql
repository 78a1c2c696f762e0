-- What marketing's tool was not told while none was named is told once it is named again. A lead that was given back
-- and ended later is one selling, and one that others ended in began with the first of them.

-- depends: 0018.scoring.nurturing-of-ours

ALTER TABLE nurturing_policy ADD COLUMN told_url text;
COMMENT ON COLUMN nurturing_policy.told_url IS 'Address of the webhook that was told last, also while none is named.';
UPDATE nurturing_policy SET told_url = policy->'webhook'->>'url';
CREATE INDEX nurturing_owed ON nurturing (lead_id) WHERE left_at IS NOT NULL AND is_told;
COMMENT ON COLUMN nurturing.is_told IS 'Whether the tool has them, as far as we know: also of who has left, while nobody could be told.';

-- All at once: of a thousand persons found to be one in a batch, each has the same family.
DROP FUNCTION look_at_family(uuid);
CREATE FUNCTION look_at_families(changed uuid[]) RETURNS void LANGUAGE sql AS $$
    WITH RECURSIVE up AS (
        SELECT id, merged_into FROM persons WHERE id = ANY(changed)
        UNION
        SELECT p.id, p.merged_into FROM up JOIN persons p ON p.id = up.merged_into
    ), whole AS (
        SELECT id FROM up
        UNION
        SELECT p.id FROM whole JOIN persons p ON p.merged_into = whole.id
    )
    INSERT INTO nurturing_looks (lead_id)
    SELECT l.id FROM whole JOIN leads l ON l.person_id = whole.id WHERE l.state <> 'erased'
$$;

CREATE OR REPLACE FUNCTION look_at_changed_persons() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM look_at_families(array_agg(DISTINCT id)) FROM (
        SELECT id, suppressed_at, merged_into FROM fresh EXCEPT SELECT id, suppressed_at, merged_into FROM stale
    ) AS differing HAVING count(*) > 0;
    -- what the tool was told of them has changed
    INSERT INTO nurturing_looks (lead_id)
    SELECT n.lead_id FROM fresh JOIN stale USING (id) JOIN nurturing n ON n.person_id = id AND n.is_told
    WHERE (fresh.profile->'email', fresh.profile->'name', fresh.profile->'first_name', fresh.profile->'last_name',
            fresh.profile->'company', fresh.profile->'job_title', fresh.profile->'country', fresh.profile->'language')
        IS DISTINCT FROM
        (stale.profile->'email', stale.profile->'name', stale.profile->'first_name', stale.profile->'last_name',
            stale.profile->'company', stale.profile->'job_title', stale.profile->'country', stale.profile->'language');
    RETURN NULL;
END $$;

CREATE OR REPLACE FUNCTION look_at_unsubscribed_keys() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM look_at_families(array_agg(DISTINCT f.person_id))
    FROM fresh f JOIN unsubscribes u ON u.kind = 'email' AND u.value = gmail_mailbox(f.value)
    WHERE f.kind IN ('email', 'role') AND f.person_id IS NOT NULL HAVING count(*) > 0;
    RETURN NULL;
END $$;

CREATE FUNCTION first_handed(lead uuid) RETURNS timestamptz LANGUAGE sql STABLE AS $$
    WITH RECURSIVE held AS (
        SELECT lead AS id
        UNION
        SELECT m.id FROM held JOIN leads m ON m.merged_into = held.id
    )
    SELECT min(f.at) FROM held JOIN first_handoffs f ON f.lead_id = held.id
$$;
COMMENT ON FUNCTION first_handed IS 'Since when sales has had a lead, or one that was merged into it; null: never.';

CREATE FUNCTION ended_again(person uuid, of_line text, after timestamptz) RETURNS boolean LANGUAGE sql STABLE AS $$
    WITH RECURSIVE up AS (
        SELECT id, merged_into FROM persons WHERE id = person
        UNION
        SELECT p.id, p.merged_into FROM up JOIN persons p ON p.id = up.merged_into
    ), whole AS (
        SELECT id FROM up
        UNION
        SELECT p.id FROM whole JOIN persons p ON p.merged_into = whole.id
    )
    SELECT EXISTS (SELECT FROM whole JOIN leads l ON l.person_id = whole.id AND l.line = of_line
        WHERE l.state = 'closed' AND l.closed_at > after AND NOT l.is_test
            AND l.close_reason IN ('won', 'lost', 'rejected', 'recycled'))
$$;
COMMENT ON FUNCTION ended_again IS 'Whether sales has ended a later lead of this person, or whoever is one with them, and line: how one that it had given back has come out.';
