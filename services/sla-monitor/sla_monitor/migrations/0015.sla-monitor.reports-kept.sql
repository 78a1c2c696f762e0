-- The whole report of a closed month, as both sides signed it.

-- depends: 0014.sla-monitor.reminders

ALTER TABLE months ADD COLUMN report jsonb;
COMMENT ON COLUMN months.report IS 'The figures of the report in the moment of the second signature; null of months closed before this was kept.';
