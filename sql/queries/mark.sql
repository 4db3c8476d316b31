-- name: mark_between
SELECT id, kind, title, note, from_day AS "from", to_day AS "to", is_outside, origin, source FROM mark
WHERE removed_at IS NULL AND from_day <= $2 AND coalesce(to_day, from_day) >= $1
ORDER BY from_day, title;

-- name: mark_by_id
SELECT id, kind, title, note, from_day AS "from", to_day AS "to", is_outside, origin, source FROM mark WHERE id = $1 AND removed_at IS NULL;

-- name: mark_add
INSERT INTO mark (id, kind, title, note, from_day, to_day, is_outside, origin, source, added_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
ON CONFLICT (from_day, kind, title) DO UPDATE SET note = excluded.note, to_day = excluded.to_day, is_outside = excluded.is_outside,
	origin = excluded.origin, source = excluded.source, removed_at = NULL
WHERE mark.removed_at IS NOT NULL;

-- name: mark_same
SELECT id FROM mark WHERE from_day = $1 AND kind = $2 AND title = $3 AND removed_at IS NULL;

-- name: mark_forget_same
DELETE FROM mark WHERE from_day = $1 AND kind = $2 AND title = $3 AND removed_at IS NOT NULL;

-- name: mark_change
UPDATE mark SET kind = $2, title = $3, note = $4, from_day = $5, to_day = $6, is_outside = $7 WHERE id = $1 AND removed_at IS NULL;

-- name: mark_remove
UPDATE mark SET removed_at = $2 WHERE id = $1 AND removed_at IS NULL;

-- name: mark_restore
UPDATE mark SET removed_at = NULL WHERE id = $1 AND removed_at IS NOT NULL;

-- name: mark_event_all
SELECT event, kind, is_outside FROM mark_event ORDER BY event;

-- name: mark_event_put
INSERT INTO mark_event (event, kind, is_outside) VALUES ($1, $2, $3)
ON CONFLICT (event) DO UPDATE SET kind = excluded.kind, is_outside = excluded.is_outside;

-- name: mark_event_remove
DELETE FROM mark_event WHERE event = $1;
