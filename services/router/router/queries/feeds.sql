-- Subscribed feeds of absences, and who subscribes to ours.

-- name: insert_feeds
-- Feeds to read from now on; known ones go on as they are.
INSERT INTO absence_feeds (rep_id, feed, next_at)
SELECT n.rep, n.feed, $3::timestamptz FROM unnest($1::text[], $2::text[]) AS n (rep, feed)
ON CONFLICT (rep_id, feed) DO NOTHING

-- name: drop_feeds
-- Feeds that a rep does not name any more, with what they said.
DELETE FROM absence_feeds WHERE rep_id = $1 AND NOT feed = ANY($2::text[])

-- name: feeds_of_rep
-- What a rep's feeds last said.
SELECT feed, spans FROM absence_feeds WHERE rep_id = $1 AND feed = ANY($2::text[]) ORDER BY feed

-- name: every_feed
-- How each feed does.
SELECT rep_id, feed, read_at, failing_since, problem, unread FROM absence_feeds ORDER BY rep_id, feed

-- name: due_feeds
-- Feeds to look at, the longest due first; those of reps who left rest.
SELECT f.rep_id, f.feed, f.etag, f.modified, f.source, f.digest, r.hours ->> 'tz' AS tz
FROM absence_feeds f JOIN reps r ON r.id = f.rep_id
WHERE f.next_at <= $1 AND r.left_at IS NULL ORDER BY f.next_at, f.rep_id, f.feed LIMIT $2

-- name: feed_read
-- What a feed says now.
UPDATE absence_feeds SET spans = $3, etag = $4, modified = $5, source = $6, digest = $7, next_at = $8, read_at = $9,
    failing_since = NULL, problem = NULL, unread = $10
WHERE rep_id = $1 AND feed = $2

-- name: feed_same
-- A feed that says what it said.
UPDATE absence_feeds SET next_at = $3, read_at = $4, failing_since = NULL, problem = NULL
WHERE rep_id = $1 AND feed = $2

-- name: feed_failed
-- A feed that says nothing usable: what it last said stays.
UPDATE absence_feeds SET next_at = $3, failing_since = coalesce(failing_since, $4), problem = $5
WHERE rep_id = $1 AND feed = $2

-- name: failing_feeds
-- How many feeds there are, and how many of them fail.
SELECT count(*)::integer AS feeds, count(failing_since)::integer AS failing FROM absence_feeds

-- name: put_calendar_token
-- A token for the calendar; an older one of that name ends.
INSERT INTO calendar_tokens (name, token_hash, created_at, created_by) VALUES ($1, $2, $3, $4)
ON CONFLICT (name) DO UPDATE SET
    token_hash = excluded.token_hash, created_at = excluded.created_at, created_by = excluded.created_by

-- name: calendar_token
-- Whose calendar token it is.
SELECT name FROM calendar_tokens WHERE token_hash = $1
