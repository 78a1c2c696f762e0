-- What a submission has merged is kept apart from what holds it.

-- depends: 0008.scoring.recounts-and-set-aside

ALTER TABLE submissions ADD COLUMN merged_leads uuid[] NOT NULL DEFAULT '{}';
COMMENT ON COLUMN submissions.lead_ids IS 'The leads that hold it, one for each line.';
COMMENT ON COLUMN submissions.merged_leads IS 'Leads that it brings nothing to, but others ended in, for it showed two persons to be one: they were published as asked for by it.';

-- So far both stood in lead_ids. What was mapped again since may hold leads of lines that it asks for no more: it stays.
WITH parts AS (
    SELECT s.id AS submission, l.id AS lead, named.place,
        s.event->'lines' ? l.line OR l.opened_by = s.id AS is_held
    FROM submissions s CROSS JOIN LATERAL unnest(s.lead_ids) WITH ORDINALITY AS named (lead, place)
    JOIN leads l ON l.id = named.lead
    WHERE s.id IN (SELECT submission_id FROM merges) AND s.state IN ('opened', 'joined') AND NOT s.event ? 'rerun'
), apart AS (
    SELECT submission, array_agg(lead ORDER BY place) FILTER (WHERE is_held) AS held,
        array_agg(lead ORDER BY place) FILTER (WHERE NOT is_held) AS merged
    FROM parts GROUP BY submission
)
UPDATE submissions SET lead_ids = apart.held, merged_leads = apart.merged FROM apart
WHERE submissions.id = apart.submission AND apart.held IS NOT NULL AND apart.merged IS NOT NULL;
