-- Service levels: calendars, targets, what is due. Priorities and states: conversation.sql.

-- name: service_calendars
SELECT id, name, zone, hours, holidays FROM service_calendar WHERE removed_at IS NULL ORDER BY name, id;

-- name: service_calendar_get
SELECT id, name, zone, hours, holidays FROM service_calendar WHERE id = $1;

-- name: service_calendar_add
INSERT INTO service_calendar (id, name, zone, hours, holidays) VALUES ($1, $2, $3, $4, $5);

-- name: service_calendar_change
UPDATE service_calendar SET name = $2, zone = $3, hours = $4, holidays = $5 WHERE id = $1 AND removed_at IS NULL;

-- name: service_calendar_remove
UPDATE service_calendar SET removed_at = $2 WHERE id = $1 AND removed_at IS NULL;

-- name: service_calendar_restore
UPDATE service_calendar SET removed_at = NULL WHERE id = $1 AND removed_at IS NOT NULL;

-- name: service_calendar_use
SELECT name FROM service_level WHERE calendar = $1 AND removed_at IS NULL ORDER BY name LIMIT 1;

-- name: service_levels
-- The most particular first.
SELECT id, name, priority, channel, calendar, first_ms, next_ms, resolution_ms, does_pause, warn_pct FROM service_level WHERE removed_at IS NULL
ORDER BY CASE WHEN channel <> '' THEN 0 ELSE 1 END + CASE WHEN priority IS NOT NULL THEN 0 ELSE 2 END, priority DESC, channel, id;

-- name: service_level_get
SELECT id, name, priority, channel, calendar, first_ms, next_ms, resolution_ms, does_pause, warn_pct FROM service_level WHERE id = $1 AND removed_at IS NULL;

-- name: service_level_add
INSERT INTO service_level (id, name, priority, channel, calendar, first_ms, next_ms, resolution_ms, does_pause, warn_pct) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10);

-- name: service_level_change
UPDATE service_level SET name = $2, priority = $3, channel = $4, calendar = $5, first_ms = $6, next_ms = $7, resolution_ms = $8, does_pause = $9, warn_pct = $10 WHERE id = $1 AND removed_at IS NULL;

-- name: service_level_remove
UPDATE service_level SET removed_at = $2 WHERE id = $1 AND removed_at IS NULL;

-- name: service_level_restore
UPDATE service_level SET removed_at = NULL WHERE id = $1 AND removed_at IS NOT NULL;

-- name: service_standing
SELECT state, priority, channel, made_at, solved_at, is_automatic, due_at, due_what, warn_at, due_marked, resolution_met FROM conversation WHERE id = $1;

-- name: service_course
SELECT id, kind, at, due_at, answers_since FROM conversation_message WHERE conversation = $1 AND kind < 2 AND NOT is_automatic ORDER BY at, id;

-- name: service_answer_due
UPDATE conversation_message SET due_at = $2 WHERE id = $1;

-- name: service_due
UPDATE conversation SET due_at = $2, due_what = $3, warn_at = $4, due_marked = $5, resolution_met = $6 WHERE id = $1;

-- name: service_conversations
SELECT id FROM conversation WHERE id > $1 ORDER BY id LIMIT 200;

-- name: service_watched
-- Those whose next mark is due.
SELECT id, due_at FROM conversation WHERE state < 2 AND due_at IS NOT NULL AND ((warn_at <= $1 AND due_marked = 0) OR (due_at <= $1 AND due_marked < 2)) ORDER BY warn_at LIMIT 200;

-- name: service_mark
UPDATE conversation SET due_marked = $2 WHERE id = $1;

-- name: service_channels
SELECT channel FROM conversation GROUP BY channel ORDER BY channel LIMIT 30;
