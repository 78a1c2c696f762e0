-- How long a message is tried, so that sending it again lasts as long each time.

-- depends: 0003.delivery.tokens

ALTER TABLE deliveries ADD COLUMN lasts interval;
COMMENT ON COLUMN deliveries.lasts IS 'How long it is tried from the first attempt, or from when somebody had it sent again. Null: made by a release that did not keep it.';
