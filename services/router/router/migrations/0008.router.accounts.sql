-- The account that a lead belongs to, as scoring told of it last.

-- depends: 0007.router.asks-again

ALTER TABLE leads ADD COLUMN account jsonb;
COMMENT ON COLUMN leads.account IS 'The company as the CRM knows it: id, crm_id, name, standing, owner. Null: none is known.';
