-- What was merged into a lead is looked up for its submissions and for late asks.
CREATE INDEX leads_merged_into ON leads (merged_into) WHERE merged_into IS NOT NULL;
