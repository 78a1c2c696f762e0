-- A lead that was received in one month and scored first in the next is found by when it was scored, too.

-- depends: 0015.sla-monitor.reports-kept

CREATE INDEX ledger_scored ON ledger (scored_at) WHERE scored_at IS NOT NULL;
