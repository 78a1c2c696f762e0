-- More of a rep as data: limits a day and week, ramp-up, skills, how they are told; when they last got a lead.

-- depends: 0009.router.order

ALTER TABLE reps
    ADD COLUMN per_day integer CHECK (per_day >= 1),
    ADD COLUMN per_week integer CHECK (per_week >= 1),
    ADD COLUMN ramp_up jsonb,
    ADD COLUMN skills text[] NOT NULL DEFAULT '{}',
    ADD COLUMN own_hours jsonb,
    ADD COLUMN absence_feeds text[] NOT NULL DEFAULT '{}',
    ADD COLUMN notify jsonb NOT NULL DEFAULT '[{"channel": "email"}]',
    ADD COLUMN texts text NOT NULL DEFAULT 'en',
    ADD COLUMN crm_id text,
    ADD COLUMN last_assigned_at timestamptz,
    ADD COLUMN pace_seconds double precision CHECK (pace_seconds > 0);
COMMENT ON COLUMN reps.own_hours IS 'The week as this rep works it, where it is not that of the calendar: shape of the rulebook''s calendars.';
COMMENT ON COLUMN reps.absence_feeds IS 'Names of secrets that hold the URLs of iCalendar feeds.';
COMMENT ON COLUMN reps.pace_seconds IS 'Working time this rep needs for one unanswered lead, smoothed over the last ones. Null: not known yet.';

CREATE TABLE teams (
    id text PRIMARY KEY,
    name text NOT NULL,
    lead text,
    notify jsonb NOT NULL DEFAULT '[]'
);
COMMENT ON TABLE teams IS 'Sales teams: seeded by the rulebook, then data. lead is the rep who decides when nobody else answers.';
