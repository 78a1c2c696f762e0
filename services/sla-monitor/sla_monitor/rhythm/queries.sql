-- SQL of pages. Whoever makes one holds lock_pages.

-- name: lock_pages
-- One maker of pages at a time, until its commit; false: somebody else makes them.
SELECT pg_try_advisory_xact_lock(hashtextextended('baton ' || current_schema() || ' pages', 0))

-- name: wait_for_pages
-- The same, for somebody who asked for a page and waits.
SELECT pg_advisory_xact_lock(hashtextextended('baton ' || current_schema() || ' pages', 0))

-- name: pages_made
-- Which of these pages are made.
SELECT page, period FROM pages JOIN unnest($1::text[], $2::text[]) AS asked (page, period) USING (page, period)

-- name: insert_page
-- A page as it stands now; one that is made stays as it was.
INSERT INTO pages (page, period, made_at, due_at, company, figures) VALUES ($1, $2, $3, $4, $5, $6)
ON CONFLICT DO NOTHING

-- name: insert_report
-- The report that goes with a page, in one language.
INSERT INTO page_reports (page, period, language, html) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING

-- name: insert_receivers
-- Receivers of a page; returns those who were not sent it before.
INSERT INTO page_receivers (page, period, receiver, language, delivery_id, sent_at)
SELECT $1, $2, receiver, $3, delivery_id, $6
FROM unnest($4::text[], $5::uuid[]) AS named (receiver, delivery_id) ORDER BY receiver
ON CONFLICT DO NOTHING
RETURNING receiver

-- name: read_page
-- What a page said, with its report in a language, if there is one.
SELECT pages.page, pages.period, company, figures, html
FROM pages LEFT JOIN page_reports AS report ON report.page = pages.page AND report.period = pages.period AND language = $3
WHERE pages.page = $1 AND pages.period = $2

-- name: list_receivers
-- Who was sent what, the newest first, and how it fared; without a state: longer ago than deliveries are kept.
SELECT
    page, period, sent.receiver, language, delivery_id, sent_at, state, attempts, outcome, detail, ended_at
FROM page_receivers AS sent LEFT JOIN deliveries ON deliveries.id = delivery_id
ORDER BY sent_at DESC, page, period DESC, sent.receiver LIMIT $1

-- name: count_open_breaches
-- Promises that bind, are broken, and that nobody has acted on yet.
SELECT count(*) FROM timers WHERE state = 'breached' AND ended_by IS NULL AND NOT is_test AND NOT is_trial

-- name: worst_breaches
-- Of these the ones that were due first.
SELECT lead_id, kind, rep_id, due_at FROM timers
WHERE state = 'breached' AND ended_by IS NULL AND NOT is_test AND NOT is_trial
ORDER BY due_at, id LIMIT $1

-- name: waiting_objections
-- Objections that nobody has decided, the oldest first, each with the promise that was broken.
SELECT objections.id, about, kind, objections.lead_id, side, at
FROM objections LEFT JOIN timers ON timers.id = subject
WHERE verdict IS NULL ORDER BY at, objections.id

-- name: closed_months
-- Months that both sides closed after a moment.
SELECT period, closed_at FROM months WHERE closed_at > $1

-- name: is_closed
-- Whether both sides closed a month.
SELECT EXISTS (SELECT FROM months WHERE period = $1 AND closed_at IS NOT NULL)
