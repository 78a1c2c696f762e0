-- Whoever turns out to be one person leaves nurturing as one; what marketing's tool was told lives as long as they do.

-- depends: 0015.scoring.nurturing

CREATE FUNCTION gmail_mailbox(email text) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT CASE WHEN split_part(email, '@', 2) IN ('gmail.com', 'googlemail.com')
            AND replace(split_part(split_part(email, '@', 1), '+', 1), '.', '') <> ''
        THEN replace(split_part(split_part(email, '@', 1), '+', 1), '.', '') || '@gmail.com' ELSE email END
$$;
COMMENT ON FUNCTION gmail_mailbox IS 'Of an address in small letters: what all spellings have in common that Gmail takes for one mailbox; any other address is left as it is. As gmail_key of libs/rulebook.';
CREATE INDEX unsubscribes_mailbox ON unsubscribes (gmail_mailbox(value)) WHERE kind = 'email';

ALTER TABLE nurturing ADD COLUMN told_contact text;
COMMENT ON COLUMN nurturing.told_contact IS 'Hash of the name and address that the tool was told; null: it was told none, or before this was kept. An erasure empties it.';
COMMENT ON TABLE nurturing IS 'Persons who are with marketing for a line, once each. Who left stays as long as their person does, so that revision only grows and the tool hears of an erasure; whoever it was never told of stays 30 days. contact_id: what the tool knows them by. lead_id: the lead by which they are here. reason: in words, a rep''s among them, so an erasure empties it. kept_back: why the tool is not told. is_told: whether it has them now, as far as we know. revision: of what it was told, counted. was_handed: whether it was ever told since they came.';
CREATE INDEX nurturing_forgettable ON nurturing (left_at)
    WHERE left_at IS NOT NULL AND (left_because = 'erased' OR revision = 0);

-- A closed lead stays with the person it was of, so the leads of all who are one person are looked at.
CREATE FUNCTION look_at_family(person uuid) RETURNS void LANGUAGE sql AS $$
    WITH RECURSIVE up AS (
        SELECT id, merged_into FROM persons WHERE id = person
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
DECLARE
    changed uuid;
BEGIN
    FOR changed IN
        SELECT DISTINCT id FROM (
            SELECT id, suppressed_at, merged_into FROM fresh EXCEPT SELECT id, suppressed_at, merged_into FROM stale
        ) AS differing
    LOOP
        PERFORM look_at_family(changed);
    END LOOP;
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

-- A key that has unsubscribed makes everything of its person leave, also what stands under other lines.
CREATE FUNCTION look_at_unsubscribed_keys() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    changed uuid;
BEGIN
    FOR changed IN
        SELECT DISTINCT f.person_id FROM fresh f JOIN unsubscribes u ON u.kind = 'email' AND u.value = gmail_mailbox(f.value)
        WHERE f.kind IN ('email', 'role') AND f.person_id IS NOT NULL
    LOOP
        PERFORM look_at_family(changed);
    END LOOP;
    RETURN NULL;
END $$;

CREATE TRIGGER nurturing_changed_keys AFTER UPDATE ON identity_keys
    REFERENCING NEW TABLE AS fresh FOR EACH STATEMENT EXECUTE FUNCTION look_at_unsubscribed_keys();

-- Whoever was missed until now is looked at once.
INSERT INTO nurturing_looks (lead_id) SELECT lead_id FROM nurturing WHERE left_at IS NULL;
