-- After a restore: how far the states of leads were numbered before it.

-- depends: 0020.scoring.duplicates

CREATE TABLE numbers_read_back (
    lead_id uuid PRIMARY KEY,
    seq bigint NOT NULL
);
COMMENT ON TABLE numbers_read_back IS 'The highest seq of each lead on our own topics that the restored store may lack; gone once the lead counts on from it.';
