-- Leads that sales gave back as duplicates: whether the two are one person, and what marketing said where that was not
-- for us to say.

-- depends: 0019.scoring.owed-and-gone-on

CREATE TABLE duplicates (
    id uuid PRIMARY KEY,
    lead_id uuid NOT NULL,
    of_lead_id uuid,
    rep_id text,
    at timestamptz NOT NULL,
    state text NOT NULL CHECK (state IN ('waits', 'merged', 'one_already', 'noted', 'asked', 'apart', 'gone')),
    why text CHECK (why IN ('not_named', 'no_key', 'two_people', 'kept_apart', 'failed')),
    settled_at timestamptz,
    settled_by text,
    settled_reason text
);
COMMENT ON TABLE duplicates IS 'What sales said of leads that are another one again. id: of the event that told it. of_lead_id: the other one, where the rep named it. state: waits to be looked at; the two were made one person, or were one already; noted, where no person is to change; asked of marketing; apart, two people after all; gone, erased. settled_by: null where nobody was asked.';
CREATE INDEX duplicates_waiting ON duplicates (at, id) WHERE state IN ('waits', 'asked');
CREATE INDEX duplicates_lead ON duplicates (lead_id);
CREATE INDEX duplicates_of_lead ON duplicates (of_lead_id) WHERE of_lead_id IS NOT NULL;

CREATE TABLE kept_together (
    kind text COLLATE "C" NOT NULL,
    value text COLLATE "C" NOT NULL,
    other_kind text COLLATE "C" NOT NULL,
    other_value text COLLATE "C" NOT NULL,
    duplicate_id uuid NOT NULL,
    at timestamptz NOT NULL,
    PRIMARY KEY (kind, value, other_kind, other_value),
    CHECK ((kind, value) < (other_kind, other_value))
);
COMMENT ON TABLE kept_together IS 'Pairs of identity keys that are one person''s by the word of sales or marketing, while both identify.';
CREATE INDEX kept_together_other ON kept_together (other_kind, other_value);

ALTER TABLE merges ADD COLUMN duplicate_id uuid;
COMMENT ON COLUMN merges.duplicate_id IS 'The entry of duplicates by which the two were made one; submission_id is then what opened the lead given back.';

CREATE FUNCTION is_marketings(lead uuid, is_test boolean, origins jsonb) RETURNS boolean LANGUAGE sql STABLE AS $$
    SELECT NOT is_test AND origins->0->>0 <> '+own'
        AND NOT EXISTS (SELECT FROM duplicates d WHERE d.lead_id = lead AND d.state <> 'apart')
$$;
COMMENT ON FUNCTION is_marketings IS 'Whether a lead says anything of marketing''s work: no test, none that a rep found, and none that sales gave back as another one again, which is no new lead and no bad one.';
