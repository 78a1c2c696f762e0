-- Which source a delivery is credited to is asked in one place.

-- depends: 0020.sla-monitor.awaits-versions

-- The source of a lead's newest touch up to a moment; no row without one. In FROM it becomes part of the query around it.
CREATE FUNCTION newest_source(lead uuid, until timestamptz) RETURNS TABLE (source text) LANGUAGE sql STABLE AS $$
    SELECT touches.source FROM touches WHERE touches.lead_id = lead AND touches.at <= until
    ORDER BY touches.at DESC, touches.seq DESC LIMIT 1
$$;
