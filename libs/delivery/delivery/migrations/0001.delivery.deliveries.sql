-- Messages on their way out of the service whose schema this is, and every attempt to bring them there.

CREATE TABLE deliveries (
    id uuid PRIMARY KEY,
    about uuid NOT NULL,
    kind text NOT NULL,
    channel text NOT NULL,
    target jsonb NOT NULL,
    subject text NOT NULL,
    text text NOT NULL,
    data jsonb NOT NULL,
    created_at timestamptz NOT NULL,
    due_at timestamptz NOT NULL,
    give_up_at timestamptz NOT NULL,
    attempts integer NOT NULL DEFAULT 0,
    claimed_until timestamptz,
    state text NOT NULL DEFAULT 'pending' CHECK (state IN ('pending', 'delivered', 'given_up')),
    ended_at timestamptz,
    outcome text,
    detail text,
    CHECK ((state = 'pending') = (ended_at IS NULL))
) WITH (fillfactor = 80);
COMMENT ON TABLE deliveries IS 'One message to one receiver. id: told to the receiver, the same in every attempt. about: what it speaks of, in the service''s own words. target: where to, with the name of a secret and never the secret. outcome, detail: of the last attempt.';
CREATE INDEX deliveries_due ON deliveries (due_at) WHERE state = 'pending';
CREATE INDEX deliveries_about ON deliveries (about, created_at);
CREATE INDEX deliveries_ended ON deliveries (ended_at) WHERE state <> 'pending';

CREATE TABLE delivery_attempts (
    delivery_id uuid NOT NULL REFERENCES deliveries ON DELETE CASCADE,
    number integer NOT NULL CHECK (number >= 1),
    at timestamptz NOT NULL,
    milliseconds integer NOT NULL,
    outcome text NOT NULL,
    detail text,
    PRIMARY KEY (delivery_id, number)
);
COMMENT ON TABLE delivery_attempts IS 'Each attempt that ended. A number that is missing: the process died in it, and the message went out again.';
