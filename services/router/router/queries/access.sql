-- Tokens of people and programs, and what their holders see.

-- name: insert_token
-- A token, hashed.
INSERT INTO tokens (id, token_hash, name, role, rep_id, scopes, created_at, created_by, expires_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)

-- name: token_of_hash
-- Whose token it is, if it is still good; a rep who has left has none.
SELECT t.id, t.name, t.role, t.rep_id, t.scopes, t.last_used_at
FROM tokens t LEFT JOIN reps r ON r.id = t.rep_id
WHERE t.token_hash = $1 AND t.revoked_at IS NULL AND (t.expires_at IS NULL OR t.expires_at > $2)
  AND r.left_at IS NULL

-- name: note_token_used
-- When a token was last used, to the hour.
UPDATE tokens SET last_used_at = $2::timestamptz
WHERE id = $1 AND (last_used_at IS NULL OR last_used_at <= $2::timestamptz - interval '1 hour')

-- name: tokens_listed
-- Tokens, the newest first; without those that are over unless $1.
SELECT id, name, role, rep_id, scopes, created_at, created_by, expires_at, last_used_at, revoked_at, revoked_by
FROM tokens WHERE $1 OR (revoked_at IS NULL AND (expires_at IS NULL OR expires_at > $2))
ORDER BY created_at DESC, id LIMIT $3

-- name: tokens_expiring
-- Tokens by role that were used within $2 before $1 and end within $3, and whose name has no later one.
SELECT role, count(*) AS tokens FROM tokens t
WHERE revoked_at IS NULL AND last_used_at > $1::timestamptz - $2::interval
  AND expires_at BETWEEN $1 AND $1::timestamptz + $3::interval
  AND NOT EXISTS (
      SELECT FROM tokens n
      WHERE n.name = t.name AND n.role = t.role AND n.revoked_at IS NULL AND n.expires_at > t.expires_at)
GROUP BY role

-- name: revoke_token
-- Ends a token; said again it stays as it was.
UPDATE tokens SET revoked_at = coalesce(revoked_at, $2), revoked_by = coalesce(revoked_by, $3)
WHERE id = $1 RETURNING id, name, role, rep_id, revoked_at, revoked_by

-- name: reps_led_by
-- The reps of the teams that a rep leads, and the rep.
SELECT r.id FROM reps r LEFT JOIN teams t ON t.id = r.team WHERE t.lead = $1 OR r.id = $1

-- name: teams_led_by
-- The teams that a rep leads.
SELECT id FROM teams WHERE lead = $1

-- name: leads_of_reps_among
-- Of these leads, those that these reps have or had last, and those held in these pools.
SELECT l.id FROM leads l LEFT JOIN assignments a ON a.lead_id = l.id AND a.round = l.round
WHERE l.id = ANY($1::uuid[]) AND (
    (a.rep_id = ANY($2::text[]) AND l.state NOT IN ('held', 'erased'))
    OR (l.state = 'held' AND l.pool_id = ANY($3::text[]))
)

-- name: rep_of_asked_decline
-- Who asks to decline.
SELECT rep_id FROM asked_declines WHERE id = $1

-- name: rep_of_email
-- The rep with this address who has not left; large and small letters are alike in ASCII alone, as the
-- Kelvin sign becomes a k and is somebody else's address.
SELECT id FROM reps WHERE lower(email COLLATE "C") = lower($1::text COLLATE "C") AND left_at IS NULL ORDER BY id LIMIT 2
