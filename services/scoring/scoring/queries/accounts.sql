-- name: accounts_by_clues
-- Accounts that these clues lead to; of those that only share their first letters with a name so many.
SELECT DISTINCT a.id, a.crm_id, a.name, a.domains, a.tax_id, a.owner, a.standing, a.line
FROM (
    SELECT account_id FROM account_clues WHERE clue = ANY($1::text[])
    UNION ALL
    SELECT found.account_id FROM unnest($2::text[]) AS block (clue)
    CROSS JOIN LATERAL (
        SELECT account_id FROM account_clues c WHERE c.clue = block.clue ORDER BY account_id LIMIT $3
    ) AS found
    UNION ALL
    SELECT account_id FROM account_questions WHERE id = ANY($4::uuid[]) AND account_id IS NOT NULL
) AS found JOIN accounts a ON a.id = found.account_id

-- name: answers
-- What was said about these companies.
SELECT id, account_id, refused FROM account_questions
WHERE id = ANY($1::uuid[]) AND (account_id IS NOT NULL OR refused <> '{}')

-- name: save_person_clues
-- The clues of persons, where they have become others; in order, as two transactions may write the same.
WITH changed AS (
    SELECT person_id, clue FROM unnest($2::uuid[], $3::text[]) AS now (person_id, clue)
), gone AS (
    DELETE FROM person_clues WHERE person_id = ANY($1::uuid[])
        AND (person_id, clue) NOT IN (SELECT person_id, clue FROM changed)
)
INSERT INTO person_clues (person_id, clue) SELECT person_id, clue FROM changed ON CONFLICT DO NOTHING

-- name: save_lead_accounts
-- What leads were published with.
INSERT INTO lead_accounts (lead_id, account_id, told)
SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::text[])
ON CONFLICT (lead_id) DO UPDATE SET account_id = excluded.account_id, told = excluded.told

-- name: drop_lead_accounts
-- Leads that were published without an account.
DELETE FROM lead_accounts WHERE lead_id = ANY($1::uuid[])

-- name: told_of_leads
-- The accounts that leads were last published with.
SELECT lead_id, told FROM lead_accounts WHERE lead_id = ANY($1::uuid[])

-- name: ask
-- Questions for a person; one that was asked before is asked about whom it is about now.
INSERT INTO account_questions (id, subject, clue, company, domain, candidates, asked_at)
SELECT id, subject, clue, company, domain, candidates::uuid[], $1::timestamptz
FROM unnest($2::uuid[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[])
    AS asked (id, subject, clue, company, domain, candidates)
ORDER BY id
ON CONFLICT (id) DO UPDATE SET candidates = excluded.candidates
WHERE account_questions.candidates <> excluded.candidates AND account_questions.account_id IS NULL

-- name: settle_questions
-- Questions that were not answered and need no answer any more; in order, as others ask the same.
UPDATE account_questions SET candidates = '{}' WHERE id IN (
    SELECT id FROM account_questions WHERE id = ANY($1::uuid[]) AND account_id IS NULL AND candidates <> '{}'
    ORDER BY id FOR UPDATE)

-- name: forget_persons
-- What led from persons to accounts; gives the clues.
DELETE FROM person_clues WHERE person_id = ANY($1::uuid[]) RETURNING clue

-- name: forget_questions
-- Questions, and what was said, about companies of whom nobody is kept any more.
DELETE FROM account_questions q WHERE clue = ANY($1::text[])
    AND NOT EXISTS (SELECT FROM person_clues p WHERE p.clue = q.clue)

-- name: lock_editing
-- One editor of accounts at a time.
SELECT pg_advisory_xact_lock(hashtextextended('baton:accounts', 0))

-- name: accounts_by_crm_ids
-- Accounts as they stand.
SELECT id, crm_id, name, domains, tax_id, owner, standing, line FROM accounts WHERE crm_id = ANY($1::text[])

-- name: save_accounts
-- New accounts, and others as they now stand; domains come as text arrays written '{...}'.
INSERT INTO accounts (id, crm_id, name, domains, tax_id, owner, standing, line, created_at, changed_at)
SELECT id, crm_id, name, domains::text[], tax_id, owner, standing, line, $1::timestamptz, $1::timestamptz
FROM unnest($2::uuid[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[], $9::text[])
    AS saved (id, crm_id, name, domains, tax_id, owner, standing, line)
ON CONFLICT (id) DO UPDATE SET name = excluded.name, domains = excluded.domains, tax_id = excluded.tax_id,
    owner = excluded.owner, standing = excluded.standing, line = excluded.line, changed_at = excluded.changed_at

-- name: drop_clues
-- By what these accounts were found so far.
DELETE FROM account_clues WHERE account_id = ANY($1::uuid[])

-- name: insert_clues
-- By what these accounts are found.
INSERT INTO account_clues (account_id, clue) SELECT * FROM unnest($1::uuid[], $2::text[])

-- name: delete_account
-- An account that is no more.
DELETE FROM accounts WHERE id = $1

-- name: drop_answers
-- What was said for an account that is no more: the companies may be asked about again.
UPDATE account_questions SET account_id = NULL, decided_at = NULL, decided_by = NULL WHERE account_id = $1

-- name: insert_changes
-- Who changed what.
INSERT INTO account_changes (account_id, crm_id, kind, at, by, before, after)
SELECT account_id, crm_id, kind, $1::timestamptz, $2, before::jsonb, after::jsonb
FROM unnest($3::uuid[], $4::text[], $5::text[], $6::text[], $7::text[])
    AS changed (account_id, crm_id, kind, before, after)

-- name: insert_update
-- Open leads that these clues lead to are to be looked at.
INSERT INTO account_updates (id, clues, at) VALUES ($1, $2, $3)

-- name: list_accounts
-- Accounts by CRM id, from a place in that order on.
SELECT id, crm_id, name, domains, tax_id, owner, standing, line, created_at, changed_at FROM accounts
WHERE ($1::text IS NULL OR crm_id > $1) AND ($2::text IS NULL OR domains @> ARRAY[$2])
    AND ($3::text IS NULL OR standing = $3) AND ($4::text IS NULL OR owner = $4)
    AND ($5::text IS NULL OR name ILIKE $5 OR crm_id ILIKE $5)
ORDER BY crm_id LIMIT $6

-- name: one_account
-- One account.
SELECT id, crm_id, name, domains, tax_id, owner, standing, line, created_at, changed_at FROM accounts
WHERE crm_id = $1

-- name: changes_of_account
-- What was changed about an account, newest first; also of one that is no more.
SELECT kind, at, by, before, after FROM account_changes WHERE crm_id = $1 ORDER BY id DESC LIMIT 100

-- name: leads_of_account
-- The leads that were last published with an account.
SELECT l.id FROM lead_accounts t JOIN leads l ON l.id = t.lead_id AND l.state = 'open'
WHERE t.account_id = $1 ORDER BY l.id LIMIT 100

-- name: open_questions
-- What waits for a person, the oldest first, from a place in that order on, with whom it may be.
SELECT q.id, q.company, q.domain, q.asked_at,
    (SELECT count(*)::int FROM person_clues p JOIN leads l ON l.person_id = p.person_id AND l.state = 'open'
        WHERE p.clue = q.clue) AS leads,
    (SELECT jsonb_agg(jsonb_build_object('crm_id', a.crm_id, 'name', a.name, 'domains', a.domains,
        'standing', a.standing, 'owner', a.owner) ORDER BY listed.place)
        FROM unnest(q.candidates) WITH ORDINALITY AS listed (id, place) JOIN accounts a ON a.id = listed.id)
        AS candidates
FROM account_questions q
WHERE q.account_id IS NULL AND q.candidates <> '{}'
    AND EXISTS (SELECT FROM accounts a WHERE a.id = ANY(q.candidates))
    AND ($1::timestamptz IS NULL OR (q.asked_at, q.id) > ($1, $2::uuid))
ORDER BY q.asked_at, q.id LIMIT $3

-- name: lock_question
-- One question, to be answered.
SELECT id, subject, clue, candidates, account_id, refused FROM account_questions WHERE id = $1 FOR UPDATE

-- name: answer_question
-- What a person said.
UPDATE account_questions SET account_id = $2::uuid, refused = $3::uuid[],
    candidates = CASE WHEN $2::uuid IS NULL THEN '{}' ELSE candidates END,
    decided_at = $4, decided_by = $5
WHERE id = $1

-- name: list_updates
-- Changes of accounts and how far their leads are looked at, newest first.
SELECT id AS update_id, at, looked_at, published, finished_at FROM account_updates ORDER BY number DESC LIMIT $1

-- name: oldest_update
-- The oldest change whose leads are not all looked at; one at a time.
SELECT id, clues, at, horizon, reached FROM account_updates WHERE finished_at IS NULL
ORDER BY number LIMIT 1 FOR UPDATE SKIP LOCKED

-- name: horizon
-- The next transaction's number, and the oldest that has not ended.
SELECT pg_snapshot_xmax(snapshot)::text::bigint AS next, pg_snapshot_xmin(snapshot)::text::bigint AS oldest
FROM (SELECT pg_current_snapshot() AS snapshot) AS now

-- name: set_horizon
-- Transactions before this one may have read accounts as they were.
UPDATE account_updates SET horizon = $2 WHERE id = $1

-- name: leads_concerned
-- Open leads that clues lead to, by id, from one on.
SELECT DISTINCT l.id FROM person_clues c JOIN leads l ON l.person_id = c.person_id AND l.state = 'open'
WHERE c.clue = ANY($1::text[]) AND l.id > coalesce($2::uuid, '00000000-0000-0000-0000-000000000000')
ORDER BY l.id LIMIT $3

-- name: all_open_leads
-- Open leads by id, from one on.
SELECT id FROM leads WHERE state = 'open' AND id > coalesce($1::uuid, '00000000-0000-0000-0000-000000000000')
ORDER BY id LIMIT $2

-- name: advance_update
-- These have been looked at; one that is over keeps no clues.
UPDATE account_updates SET reached = coalesce($2, reached), looked_at = looked_at + $3, published = published + $4,
    finished_at = $5, clues = CASE WHEN $5::timestamptz IS NULL THEN clues ELSE '{}' END
WHERE id = $1
