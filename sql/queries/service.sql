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

-- ---- figures ----
-- $1, $2: the range. Topics and language are those of the customer's first message.

-- fragment: service_about
c.channel, c.priority, c.reopened,
	(SELECT x.topics FROM conversation_message x WHERE x.conversation = c.id AND x.kind = 0 AND NOT x.is_automatic ORDER BY x.at, x.id LIMIT 1),
	(SELECT x.language FROM conversation_message x WHERE x.conversation = c.id AND x.kind = 0 AND NOT x.is_automatic ORDER BY x.at, x.id LIMIT 1)

-- name: service_responses
-- $3: 1 the first answers, 0 those after.
SELECT c.id, m.answers_since, m.at, m.person, m.author, {{service_about}}, CASE WHEN m.due_at IS NULL THEN NULL WHEN m.at <= m.due_at THEN 1 ELSE 0 END, CAST(0 AS INT64), CAST(0 AS INT64)
FROM conversation_message m JOIN conversation c ON c.id = m.conversation
WHERE m.answers_since IS NOT NULL AND m.at >= $1 AND m.at < $2 AND m.kind = 1 AND (CAST($3 AS INT64) = 1) = m.is_first
ORDER BY m.at, m.id;

-- name: service_unanswered
-- Not answered, though it was due within the range. $3: 0 first, 1 next. $4: now.
SELECT c.id, c.waiting_since, CAST(NULL AS INT64), c.assignee, coalesce(nullif(p.name, ''), p.email), {{service_about}}, CAST(0 AS INT64), CAST(0 AS INT64), CAST(0 AS INT64)
FROM conversation c LEFT JOIN person p ON p.id = c.assignee
WHERE c.state < 2 AND c.due_what = $3 AND c.due_at >= $1 AND c.due_at < $2 AND c.due_at < CAST($4 AS INT64) AND c.waiting_since IS NOT NULL
ORDER BY c.due_at, c.id;

-- name: service_solved
-- $3: how long somebody who returns is looked for, ms.
SELECT c.id, c.made_at, c.solved_at, c.assignee, coalesce(nullif(p.name, ''), p.email), {{service_about}}, c.resolution_met,
	(SELECT CAST(count(*) AS INT64) FROM conversation_message m WHERE m.conversation = c.id AND m.kind = 0 AND NOT m.is_automatic),
	(SELECT CAST(count(*) AS INT64) FROM conversation o WHERE o.contact = c.contact AND o.id <> c.id AND o.made_at > c.solved_at AND o.made_at <= c.solved_at + CAST($3 AS INT64))
FROM conversation c LEFT JOIN person p ON p.id = c.assignee
WHERE c.state = 2 AND NOT c.is_automatic AND c.solved_at >= $1 AND c.solved_at < $2
ORDER BY c.solved_at, c.id;

-- name: service_asked
-- Whether their matter was solved, as customers say. $3: purposes.
SELECT CAST(count(*) AS INT64), CAST(coalesce(sum(CASE WHEN f.text = 'true' THEN 1 ELSE 0 END), 0) AS INT64) FROM feedback f
WHERE f.question = 'resolved' AND f.at >= $1 AND f.at < $2 AND f.purposes & $3 <> 0;

-- name: service_heard
SELECT min(made_at), max(changed_at) FROM conversation WHERE NOT is_automatic;

-- name: service_titles
SELECT c.title, coalesce(u.called, u.name, nullif(k.name, ''), k.address) FROM conversation c JOIN conversation_contact k ON k.id = c.contact LEFT JOIN identity i ON i.subject = k.subject LEFT JOIN customer u ON u.id = i.customer WHERE c.id = $1;

-- ---- staffing ----

-- name: service_arrivals
SELECT made_at FROM conversation WHERE NOT is_automatic AND made_at >= $1 AND made_at < $2 AND (CAST($3 AS TEXT) = '' OR channel = $3) ORDER BY made_at;

-- ---- beside a conversation ----

-- name: conversation_asked
-- What the customer wrote last.
SELECT text, language FROM conversation_message WHERE conversation = $1 AND kind = 0 AND NOT is_automatic AND text <> '' ORDER BY at DESC, id DESC LIMIT 1;

-- name: conversation_customer_language
SELECT language FROM customer WHERE id = $1 AND language IS NOT NULL;
