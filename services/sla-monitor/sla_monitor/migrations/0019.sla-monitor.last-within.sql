-- Where an agreed volume ends is asked in one place. Nobody reads talked_at.

-- depends: 0018.sla-monitor.broken-by-others

-- The last delivery within an agreed volume, of those from a moment on: none while fewer came. In FROM it becomes part of the query around it.
CREATE FUNCTION last_within(starts timestamptz, agreed integer)
RETURNS TABLE (delivered_at timestamptz, lead_id uuid) LANGUAGE sql STABLE AS $$
    SELECT ledger.delivered_at, ledger.lead_id FROM ledger
    WHERE ledger.delivered_at >= starts
        AND NOT (ledger.is_test OR ledger.is_own OR ledger.is_known OR ledger.is_merged)
    ORDER BY ledger.delivered_at, ledger.lead_id OFFSET agreed - 1 LIMIT 1
$$;

COMMENT ON COLUMN ledger.talked_at IS
    'No longer written or read; it stays for the release before, which still writes it.';
