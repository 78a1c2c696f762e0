-- Tokens of OAuth 2.0 that change with every use: what a CRM gave last is kept, sealed.

-- depends: 0002.delivery.prepared

CREATE TABLE oauth_tokens (
    token_url text NOT NULL,
    client_id text NOT NULL,
    sealed bytea,
    taken_until timestamptz,
    changed_at timestamptz,
    PRIMARY KEY (token_url, client_id)
);
COMMENT ON TABLE oauth_tokens IS 'What a server of tokens gave a client last. sealed: encrypted by a key that is made of the client''s secret, which stands nowhere in this database. taken_until: one process asks at a time.';
