-- What a change of the plan does to open leads, in passes that a restart goes on with.

-- depends: 0016.router.decisions

CREATE TABLE plan_changes (
    version integer PRIMARY KEY,
    before integer,
    at timestamptz NOT NULL,
    cursor uuid,
    moved integer NOT NULL DEFAULT 0,
    finished_at timestamptz
);
COMMENT ON TABLE plan_changes IS 'Versions of the rulebook as they came into force here, and how far open leads have followed. cursor: the last lead looked at.';
CREATE INDEX leads_open ON leads (id) WHERE state IN ('held', 'assigned');
