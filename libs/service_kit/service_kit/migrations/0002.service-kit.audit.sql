-- The audit log of every service with a store. A router that was installed earlier has its own already.

-- depends: 0001.service-kit

CREATE TABLE IF NOT EXISTS audit (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at timestamptz NOT NULL,
    role text NOT NULL,
    subject text NOT NULL,
    name text NOT NULL,
    action text NOT NULL,
    object_kind text NOT NULL,
    object_id text NOT NULL,
    detail jsonb NOT NULL,
    request_id text
);
COMMENT ON TABLE audit IS 'Every change that somebody asked for, by whom; nothing of it is ever changed or deleted.';
COMMENT ON COLUMN audit.detail IS 'Names of the fields that were sent, and from what to what something changed: nothing of a person who is a lead stands here.';
CREATE INDEX IF NOT EXISTS audit_of_object ON audit (object_kind, object_id, id);
CREATE INDEX IF NOT EXISTS audit_of_subject ON audit (subject, id);

CREATE OR REPLACE FUNCTION audit_stays() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'the audit log is only added to: % is refused', TG_OP;
END $$;
CREATE OR REPLACE TRIGGER audit_stays BEFORE UPDATE OR DELETE OR TRUNCATE ON audit
    FOR EACH STATEMENT EXECUTE FUNCTION audit_stays();
