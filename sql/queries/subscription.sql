-- name: subscription_put
INSERT INTO subscription (id, person, made_by, page, title, weekday, hour, next_at, tries, made_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 0, $9)
ON CONFLICT (person, page) WHERE removed_at IS NULL DO UPDATE SET title = excluded.title, weekday = excluded.weekday,
	hour = excluded.hour, next_at = excluded.next_at, tries = 0
RETURNING id;

-- name: subscription_get
SELECT s.id, s.person, s.made_by, s.page, s.title, s.weekday, s.hour, s.next_at, s.sent_at, s.outcome, p.name, p.email
FROM subscription s LEFT JOIN person p ON p.id = s.person WHERE s.id = $1 AND s.removed_at IS NULL;

-- name: subscription_of
-- $1: of this person and those that they asked for; 0: of everybody.
SELECT s.id, s.person, s.made_by, s.page, s.title, s.weekday, s.hour, s.next_at, s.sent_at, s.outcome, p.name, p.email
FROM subscription s JOIN person p ON p.id = s.person AND p.removed_at IS NULL
WHERE s.removed_at IS NULL AND (CAST($1 AS INT64) = 0 OR s.person = $1 OR s.made_by = $1)
ORDER BY s.title, p.name, s.id LIMIT 500;

-- name: subscription_due
SELECT id, person, page, weekday, hour, next_at, tries FROM subscription
WHERE removed_at IS NULL AND next_at <= $1 ORDER BY next_at, id LIMIT 1;

-- name: subscription_next_due
SELECT min(next_at) FROM subscription WHERE removed_at IS NULL;

-- name: subscription_done
-- $2: the time that it was due, so that one is sent once.
UPDATE subscription SET next_at = $3, tries = $4, outcome = $5, sent_at = coalesce($6, sent_at), title = coalesce($7, title)
WHERE id = $1 AND next_at = $2 AND removed_at IS NULL;

-- name: subscription_now
UPDATE subscription SET next_at = $2, tries = 0 WHERE id = $1 AND removed_at IS NULL;

-- name: subscription_remove
UPDATE subscription SET removed_at = $2 WHERE id = $1 AND removed_at IS NULL;

-- name: subscription_restore
UPDATE subscription SET removed_at = NULL WHERE id = $1 AND removed_at IS NOT NULL
	AND NOT EXISTS (SELECT 1 FROM subscription o WHERE o.person = subscription.person AND o.page = subscription.page AND o.removed_at IS NULL);
