-- Messages that are composed when they go out, and that end unsent when what they tell is over.

-- depends: 0001.delivery.deliveries

ALTER TABLE deliveries
    DROP CONSTRAINT deliveries_state_check,
    ADD CONSTRAINT deliveries_state_check CHECK (state IN ('pending', 'delivered', 'given_up', 'dropped')),
    ADD COLUMN receiver text NOT NULL DEFAULT '',
    ADD COLUMN receipt text;
COMMENT ON COLUMN deliveries.receiver IS 'Channel and server behind the target: what fails for one message will fail for the next to the same.';
COMMENT ON COLUMN deliveries.state IS 'dropped: not sent, since what it was to tell was over.';
COMMENT ON COLUMN deliveries.receipt IS 'What the channel names the message that arrived by, where it can be changed later.';
CREATE INDEX deliveries_given_up ON deliveries (ended_at) WHERE state = 'given_up';
