-- Which delivery a lead was is read from the ledger.

-- depends: 0005.sla-monitor.promises

DROP INDEX leads_delivered;
