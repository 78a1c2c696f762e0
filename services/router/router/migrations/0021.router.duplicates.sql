-- A rep may say by an e-mail which lead another one is again.

-- depends: 0020.router.own-leads

CREATE INDEX leads_by_email ON leads (lower(profile->>'email')) WHERE profile->>'email' IS NOT NULL;

UPDATE repairs SET duplicate_of = NULL WHERE duplicate_of LIKE '%@%';
COMMENT ON COLUMN repairs.duplicate_of IS 'Of leads given back before a rep''s word was enough: the other one, as the rep wrote it. An e-mail is not kept.';
