-- What a CRM says of a contact: by which channel, and what came of it.

-- depends: 0027.router.withdrawals

ALTER TABLE crm_events ADD COLUMN channel text, ADD COLUMN result text;
COMMENT ON COLUMN crm_events.result IS 'Of a contact or a try, in the words of crm.yaml; null: the event is of an owner or an outcome.';
