-- Broken promises that are reminded of are found by their rep, whose hours may change.

-- depends: 0006.sla-monitor.delivered-in-ledger

CREATE INDEX timers_reminded ON timers (rep_id)
WHERE state = 'breached' AND ended_at IS NULL AND reminds_at <> '{}';
