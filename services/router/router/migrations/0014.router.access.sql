-- Tokens of people and programs with role, scopes and expiry.

-- depends: 0013.router.life

CREATE TABLE tokens (
    id uuid PRIMARY KEY,
    token_hash bytea NOT NULL CONSTRAINT a_token_is_of_one UNIQUE,
    name text NOT NULL,
    role text NOT NULL CHECK (role IN ('rep', 'team_lead', 'manager', 'operator', 'machine')),
    rep_id text REFERENCES reps,
    scopes text[] NOT NULL,
    created_at timestamptz NOT NULL,
    created_by text NOT NULL,
    expires_at timestamptz,
    last_used_at timestamptz,
    revoked_at timestamptz,
    revoked_by text,
    CONSTRAINT reps_tokens_name_them CHECK ((role IN ('rep', 'team_lead')) = (rep_id IS NOT NULL))
);
COMMENT ON TABLE tokens IS 'SHA-256 of bearer tokens, whose they are and what they allow; the tokens themselves are shown once and kept nowhere.';
COMMENT ON COLUMN tokens.expires_at IS 'Null only for tokens of reps made before tokens had an expiry: they hold until they are revoked.';
COMMENT ON COLUMN tokens.last_used_at IS 'Written at most once an hour.';
CREATE INDEX tokens_of_rep ON tokens (rep_id) WHERE rep_id IS NOT NULL;

INSERT INTO tokens (id, token_hash, name, role, rep_id, scopes, created_at, created_by)
SELECT gen_random_uuid(), token_hash, rep_id, 'rep', rep_id, ARRAY['leads:read', 'leads:act'], created_at, 'operator'
FROM rep_tokens;
DROP TABLE rep_tokens;
