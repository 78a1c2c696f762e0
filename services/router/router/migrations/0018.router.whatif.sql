-- Leads in order of their arrival at routing, for replays through another plan.

-- depends: 0017.router.moves

CREATE INDEX leads_by_arrival ON leads ((coalesce(sql_at, received_at)), id);
