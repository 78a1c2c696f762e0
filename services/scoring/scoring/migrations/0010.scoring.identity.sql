-- Persons parted again: by a key that stopped identifying, or by an operator, who keeps them apart.

-- depends: 0009.scoring.merged-leads

ALTER TABLE persons ADD COLUMN profile_unsure jsonb NOT NULL DEFAULT '[]';
COMMENT ON COLUMN persons.profile_unsure IS 'Fields of the profile that only submissions without a personal e-mail and an external id have said: whoever says who they are overrules them.';

ALTER TABLE merges
    ADD COLUMN undone_at timestamptz,
    ADD COLUMN act_id uuid;
COMMENT ON COLUMN merges.undone_at IS 'When the two turned out not to be one after all. act_id: the act in person_acts where an operator said so.';
CREATE INDEX merges_other ON merges (other);

UPDATE identity_keys SET person_id = NULL WHERE kind = 'phone' AND NOT identifies AND person_id IS NOT NULL;
COMMENT ON TABLE identity_keys IS 'Keys by which a person is known again. person_id: the person first seen with it, unchanged by merges, so that a merge can be undone; of a phone that identifies nobody and of a role address whoever nothing but it holds. email: the first e-mail seen beside a phone; with a second one the phone identifies nobody.';

CREATE TABLE kept_apart (
    kind text COLLATE "C" NOT NULL,
    value text COLLATE "C" NOT NULL,
    other_kind text COLLATE "C" NOT NULL,
    other_value text COLLATE "C" NOT NULL,
    act_id uuid NOT NULL,
    at timestamptz NOT NULL,
    PRIMARY KEY (kind, value, other_kind, other_value),
    CHECK ((kind, value) < (other_kind, other_value))
);
COMMENT ON TABLE kept_apart IS 'Pairs of identity keys that make no two persons one, by an act of an operator: a submission that carries both is of the key that identifies best.';
CREATE INDEX kept_apart_other ON kept_apart (other_kind, other_value);

ALTER TABLE person_acts
    DROP CONSTRAINT person_acts_kind_check,
    ADD CONSTRAINT person_acts_kind_check
        CHECK (kind IN ('exported', 'erased', 'suppressed', 'allowed', 'expired', 'parted'));
