-- What keeps the roster true by itself: feeds of absences, early returns, who left, teams' changes, calendar tokens.

-- depends: 0010.router.roster

ALTER TABLE reps
    ADD COLUMN returned jsonb NOT NULL DEFAULT '[]',
    ADD COLUMN left_at timestamptz,
    ADD COLUMN reoffer_at timestamptz,
    ADD COLUMN lead_told_of timestamptz;
COMMENT ON COLUMN reps.returned IS 'Spans of instants in which the rep is back although a feed says away.';
COMMENT ON COLUMN reps.left_at IS 'When the rep left for good; is_active is false since then.';
COMMENT ON COLUMN reps.lead_told_of IS 'Beginning of the absence (or the leaving) that the team lead was told of: once each.';
COMMENT ON COLUMN reps.reoffer_at IS 'When their unanswered leads go on to somebody else: the next absence''s beginning.';
CREATE INDEX reps_to_reoffer ON reps (reoffer_at) WHERE reoffer_at IS NOT NULL;

CREATE TABLE absence_feeds (
    rep_id text NOT NULL REFERENCES reps,
    feed text NOT NULL,
    spans jsonb NOT NULL DEFAULT '[]',
    etag text,
    modified text,
    source bytea,
    digest bytea,
    next_at timestamptz NOT NULL,
    read_at timestamptz,
    failing_since timestamptz,
    problem text,
    unread integer NOT NULL DEFAULT 0,
    PRIMARY KEY (rep_id, feed)
);
COMMENT ON TABLE absence_feeds IS 'The last known absences of each subscribed iCalendar feed: spans only, never what an event is called.';
COMMENT ON COLUMN absence_feeds.problem IS 'Why the last try gave nothing new, in words of ours; spans are those of the last good one.';

CREATE TABLE team_changes (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    team_id text NOT NULL,
    changed_at timestamptz NOT NULL,
    changed_by text NOT NULL,
    before jsonb NOT NULL,
    after jsonb NOT NULL
);
COMMENT ON TABLE team_changes IS 'Who changed what about a team: audit, kept for good.';

CREATE TABLE calendar_tokens (
    name text PRIMARY KEY,
    token_hash bytea NOT NULL UNIQUE,
    created_at timestamptz NOT NULL,
    created_by text NOT NULL
);
COMMENT ON TABLE calendar_tokens IS 'Who may subscribe to the calendar of absences, holidays and campaigns; one token a name, hashed.';
COMMENT ON COLUMN absence_feeds.source IS 'Hash of URL and local day: another one means that the feed is read anew, whatever its ETag says.';
COMMENT ON COLUMN absence_feeds.unread IS 'Events of the last good file that name no usable time: they are no absences.';

ALTER TABLE assignments DROP CONSTRAINT IF EXISTS assignments_ended_by_check;
ALTER TABLE assignments ADD CONSTRAINT assignments_ended_by_check
    CHECK (ended_by IN ('declined', 'timed_out', 'closed', 'reassigned'));
