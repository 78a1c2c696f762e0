-- Whether a contact was a conversation or only tried: the agreement may ask for a conversation.

-- depends: 0001.sla-monitor.timers

ALTER TABLE facts ADD COLUMN contact text CHECK (contact IN ('conversation', 'attempt'));
COMMENT ON COLUMN facts.contact IS 'Of contacted. Null: told before it was distinguished, and counts as a conversation.';
