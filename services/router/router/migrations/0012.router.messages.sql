-- Who has been told of what: rounds, asks and timers' results are themselves the list of messages to make.

-- depends: 0011.router.feeds

ALTER TABLE assignments
    ADD COLUMN told_at timestamptz,
    ADD COLUMN end_told_at timestamptz;
UPDATE assignments SET told_at = assigned_at, end_told_at = ended_at;
COMMENT ON COLUMN assignments.told_at IS 'When messages to the rep were made, or found to have no way; end_told_at: that it is theirs no longer. Null: to be made.';
CREATE INDEX assignments_untold ON assignments (assigned_at) WHERE told_at IS NULL AND ended_at IS NULL;
CREATE INDEX assignments_end_untold ON assignments (ended_at)
    WHERE end_told_at IS NULL AND told_at IS NOT NULL AND ended_at IS NOT NULL AND ended_by NOT IN ('declined', 'closed');

ALTER TABLE asks_again ADD COLUMN told_at timestamptz;
UPDATE asks_again SET told_at = at;
CREATE INDEX asks_again_untold ON asks_again (at) WHERE told_at IS NULL;

ALTER TABLE timer_news ADD COLUMN told_at timestamptz;
UPDATE timer_news SET told_at = fired_at;
CREATE INDEX timer_news_untold ON timer_news (fired_at) WHERE told_at IS NULL;
