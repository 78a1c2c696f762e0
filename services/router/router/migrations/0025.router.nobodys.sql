-- Somebody who can decide hears of leads that wait although nobody of their pool may take them.

-- depends: 0024.router.asked-keys

ALTER TABLE leads ADD COLUMN hold_told_at timestamptz;
COMMENT ON COLUMN leads.hold_told_at IS 'When somebody heard that nobody may take it, or was found not to be named. Before held_since: of an earlier time.';
CREATE INDEX leads_of_nobody_untold ON leads (pool_id, line)
    WHERE state = 'held' AND hold_reason IN ('pool_empty', 'needs_unmet', 'no_rule_matched') AND NOT is_test
        AND (hold_told_at IS NULL OR hold_told_at < held_since);
CREATE INDEX leads_told_to_be_nobodys ON leads (hold_told_at) WHERE hold_told_at IS NOT NULL;
CREATE INDEX leads_not_told_to_be_nobodys ON leads (pool_id, line, needs, had_by, rank, received_at, id)
    WHERE state = 'held' AND handling IS NULL AND hold_reason NOT IN ('waits_for_owner', 'pool_empty', 'needs_unmet');
