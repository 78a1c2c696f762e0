-- Companies as the CRM knows them, by which persons are found to belong to them, and what is unsure about that.

-- depends: 0009.scoring.merged-leads

CREATE TABLE accounts (
    id uuid PRIMARY KEY,
    crm_id text COLLATE "C" NOT NULL UNIQUE,
    name text NOT NULL,
    domains text[] NOT NULL,
    tax_id text,
    owner text,
    standing text NOT NULL CHECK (standing IN ('none', 'open_deal', 'customer', 'partner', 'competitor')),
    line text,
    created_at timestamptz NOT NULL,
    changed_at timestamptz NOT NULL
) WITH (fillfactor = 80);
COMMENT ON TABLE accounts IS 'Companies as the CRM knows them. owner: a rep of the roster, or whoever the CRM names. line: the only one for which standing and owner hold; null: all.';

CREATE TABLE account_clues (
    clue text COLLATE "C" NOT NULL,
    account_id uuid NOT NULL,
    PRIMARY KEY (clue, account_id)
);
COMMENT ON TABLE account_clues IS 'By what accounts are found, as kind:value: crm, tax, domain, name without the legal form, and block: the first letters of names that are compared.';
CREATE INDEX account_clues_account ON account_clues (account_id);

CREATE TABLE account_changes (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    account_id uuid NOT NULL,
    crm_id text NOT NULL,
    kind text NOT NULL CHECK (kind IN ('created', 'changed', 'deleted')),
    at timestamptz NOT NULL,
    by text NOT NULL,
    before jsonb,
    after jsonb
);
COMMENT ON TABLE account_changes IS 'Who changed what about which account: audit, kept for good.';
CREATE INDEX account_changes_account ON account_changes (account_id, id);

CREATE TABLE person_clues (
    clue text COLLATE "C" NOT NULL,
    person_id uuid NOT NULL,
    PRIMARY KEY (clue, person_id)
);
COMMENT ON TABLE person_clues IS 'The same of persons, from what is known of them: whom a change of an account concerns. Of a merged person none are kept.';
CREATE INDEX person_clues_person ON person_clues (person_id);

CREATE TABLE lead_accounts (
    lead_id uuid PRIMARY KEY,
    account_id uuid NOT NULL,
    told text NOT NULL
) WITH (fillfactor = 80);
COMMENT ON TABLE lead_accounts IS 'The account that a lead was last published with; told: what was said of it.';

CREATE TABLE account_questions (
    id uuid PRIMARY KEY,
    subject text NOT NULL,
    clue text COLLATE "C" NOT NULL,
    company text,
    domain text,
    candidates uuid[] NOT NULL,
    asked_at timestamptz NOT NULL,
    account_id uuid,
    refused uuid[] NOT NULL DEFAULT '{}',
    decided_at timestamptz,
    decided_by text
) WITH (fillfactor = 80);
COMMENT ON TABLE account_questions IS 'Whether a company is one of these accounts, and what a person said: account_id, or refused. Open while it has candidates and no account. clue: by which those who wait for the answer are found.';
CREATE INDEX account_questions_open ON account_questions (asked_at, id) WHERE account_id IS NULL AND candidates <> '{}';
CREATE INDEX account_questions_clue ON account_questions (clue);

CREATE TABLE account_updates (
    id uuid PRIMARY KEY,
    number bigint GENERATED ALWAYS AS IDENTITY,
    clues text[],
    at timestamptz NOT NULL,
    horizon bigint,
    reached uuid,
    looked_at integer NOT NULL DEFAULT 0,
    published integer NOT NULL DEFAULT 0,
    finished_at timestamptz
) WITH (fillfactor = 70);
COMMENT ON TABLE account_updates IS 'Changes of accounts after which open leads are published again. clues: whom they concern; null: everybody. horizon: the transaction before which all must have ended, as they may have read accounts as they were. reached: the lead looked at last.';
CREATE INDEX account_updates_open ON account_updates (number) WHERE finished_at IS NULL;

-- What is known of persons so far is looked through once.
INSERT INTO account_updates (id, clues, at)
SELECT '0b0f0c43-5c0f-5f0e-9a51-6d1c9c7d6e11', NULL, now() WHERE EXISTS (SELECT FROM leads WHERE state = 'open');
