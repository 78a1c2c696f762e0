-- What a submission has merged is kept apart from what holds it.

-- depends: 0008.scoring.recounts-and-set-aside

ALTER TABLE submissions ADD COLUMN merged_leads uuid[] NOT NULL DEFAULT '{}';
COMMENT ON COLUMN submissions.lead_ids IS 'The leads that hold it, one for each line.';
COMMENT ON COLUMN submissions.merged_leads IS 'Leads that it brings nothing to, but others ended in, for it showed two persons to be one: they were published as asked for by it.';

WITH apart AS (
    SELECT s.id,
        array_agg(l.id) FILTER (WHERE s.event->'lines' ? l.line) AS held,
        array_agg(l.id) FILTER (WHERE NOT s.event->'lines' ? l.line) AS merged
    FROM submissions s JOIN leads l ON l.id = ANY(s.lead_ids)
    WHERE s.id IN (SELECT submission_id FROM merges) AND s.state IN ('opened', 'joined')
    GROUP BY s.id
)
UPDATE submissions SET lead_ids = apart.held, merged_leads = apart.merged FROM apart
WHERE submissions.id = apart.id AND apart.held IS NOT NULL AND apart.merged IS NOT NULL;
