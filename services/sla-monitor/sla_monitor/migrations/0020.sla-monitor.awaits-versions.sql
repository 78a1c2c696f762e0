-- A lead may wait for several versions of the rulebook, which may arrive in any order.

-- depends: 0019.sla-monitor.last-within

ALTER TABLE leads ADD COLUMN awaits_versions integer[] NOT NULL DEFAULT '{}';
COMMENT ON COLUMN leads.awaits_versions IS 'Handoffs name these rulebook versions and they are not here yet: their promises follow with each.';
COMMENT ON COLUMN leads.awaits_version IS 'The lowest of awaits_versions: all that the release before knows.';
CREATE INDEX leads_awaiting_some ON leads (id) WHERE awaits_versions <> '{}';
