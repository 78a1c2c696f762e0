"""CRMs: what they are told of leads by templates of crm.yaml, and what they say themselves."""
