-- Why a rep has a lead, to be told in the rep's language.

-- depends: 0021.router.duplicates

ALTER TABLE assignments ADD COLUMN said jsonb;
COMMENT ON COLUMN assignments.said IS 'Why, as keys and values of sentences, without the buyer; the column why has it in English. Null: the round began before this was kept.';
