-- Alerts. States of a rule: 0 calm, 1 raised, 2 easing.

-- fragment: alert_rule_columns
SELECT r.id, r.name, r.sample, r.figure, r.subject, r.question, r.value, r.condition, r.limit_value, r.window_days, r.least_n, r.calm_hours, r.changed_at, r.next_at, r.state, r.calm_since, r.alert,
	r.checked_at, r.now_value, r.now_n, r.usual, r.low, r.high, r.problem
FROM alert_rule r

-- name: alert_rule_all
{{alert_rule_columns}} WHERE r.removed_at IS NULL ORDER BY r.id;

-- name: alert_rule_due
{{alert_rule_columns}} WHERE r.removed_at IS NULL AND r.next_at <= $1 ORDER BY r.next_at, r.id;

-- name: alert_rule_by_id
{{alert_rule_columns}} WHERE r.removed_at IS NULL AND r.id = $1;

-- name: alert_rule_add
INSERT INTO alert_rule (id, name, sample, figure, subject, question, value, condition, limit_value, window_days, least_n, calm_hours, made_at, changed_at, next_at, state, problem)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $13, $13, 0, '');

-- name: alert_rule_change
UPDATE alert_rule SET name = $2, figure = $3, subject = $4, question = $5, value = $6, condition = $7, limit_value = $8, window_days = $9, least_n = $10, calm_hours = $11, changed_at = $12, next_at = $12,
	now_value = NULL, now_n = NULL, usual = NULL, low = NULL, high = NULL, problem = ''
WHERE id = $1 AND removed_at IS NULL;

-- name: alert_rule_remove
UPDATE alert_rule SET removed_at = $2 WHERE id = $1 AND removed_at IS NULL;

-- name: alert_rule_restore
UPDATE alert_rule SET removed_at = NULL WHERE id = $1 AND removed_at IS NOT NULL;

-- name: alert_rule_now
UPDATE alert_rule SET next_at = $2 WHERE id = $1 AND removed_at IS NULL;

-- name: alert_rule_checked
UPDATE alert_rule SET checked_at = $2, next_at = $3, state = $4, calm_since = $5, alert = $6, now_value = $7, now_n = $8, usual = $9, low = $10, high = $11, problem = $12 WHERE id = $1;

-- name: alert_recipient_clear
DELETE FROM alert_recipient WHERE rule = $1;

-- name: alert_recipient_add
INSERT INTO alert_recipient (rule, person) VALUES ($1, $2) ON CONFLICT (rule, person) DO NOTHING;

-- name: alert_recipients
SELECT p.id, coalesce(nullif(p.name, ''), p.email), a.rule FROM person p LEFT JOIN alert_recipient a ON a.person = p.id AND a.rule = $1
WHERE p.removed_at IS NULL AND p.email IS NOT NULL ORDER BY p.id;

-- name: alert_recipients_each
SELECT a.person, a.rule FROM alert_recipient a JOIN person p ON p.id = a.person WHERE p.removed_at IS NULL AND p.email IS NOT NULL ORDER BY a.person, a.rule;

-- name: alert_day_all
SELECT day, value, n, se FROM alert_day WHERE rule = $1 AND day >= $2 ORDER BY day DESC;

-- name: alert_day_put
INSERT INTO alert_day (rule, day, value, n, se) VALUES ($1, $2, $3, $4, $5) ON CONFLICT (rule, day) DO UPDATE SET value = excluded.value, n = excluded.n, se = excluded.se;

-- name: alert_day_forget
DELETE FROM alert_day WHERE rule = $1 AND day < $2;

-- name: alert_raise
INSERT INTO alert (id, rule, raised_at, last_at, times, condition, limit_value, value, n, usual, low, high, is_held, noticed_at) VALUES ($1, $2, $3, $3, 1, $4, $5, $6, $7, $8, $9, $10, $11, $12);

-- name: alert_still
UPDATE alert SET last_at = $2, times = times + $3 WHERE id = $1;

-- name: alert_clear
UPDATE alert SET cleared_at = $2 WHERE id = $1 AND cleared_at IS NULL;

-- name: alert_noticed_since
SELECT CAST(count(*) AS INT64) FROM alert WHERE noticed_at >= $1;

-- name: alert_held_before
SELECT CAST(count(*) AS INT64) FROM alert WHERE is_held AND raised_at < $1;

-- name: alert_held_told
UPDATE alert SET is_held = FALSE WHERE is_held AND raised_at < $1;

-- fragment: alert_columns
SELECT a.id, a.rule, r.name, r.sample, r.figure, r.subject, a.raised_at, a.last_at, a.cleared_at, a.times, a.condition, a.limit_value, a.value, a.n, a.usual, a.low, a.high, a.acknowledged_at, a.acknowledged_by,
	a.snoozed_until, a.noticed_at, r.removed_at IS NOT NULL AS is_rule_removed, s.person IS NOT NULL AS is_seen
FROM alert a JOIN alert_rule r ON r.id = a.rule LEFT JOIN alert_seen s ON s.alert = a.id AND s.person = $1

-- name: alert_page
{{alert_columns}} WHERE (CAST($2 AS INT64) = 0 OR a.rule = $2) ORDER BY CASE WHEN a.cleared_at IS NULL THEN 0 ELSE 1 END, a.raised_at DESC, a.id DESC LIMIT 200;

-- name: alert_by_id
{{alert_columns}} WHERE a.id = $2;

-- name: alert_unseen
SELECT CAST(count(*) AS INT64) FROM alert a JOIN alert_rule r ON r.id = a.rule LEFT JOIN alert_seen s ON s.alert = a.id AND s.person = $1
WHERE r.removed_at IS NULL AND a.cleared_at IS NULL AND a.acknowledged_at IS NULL AND s.person IS NULL AND (a.snoozed_until IS NULL OR a.snoozed_until <= $2);

-- name: alert_see
INSERT INTO alert_seen (alert, person) SELECT a.id, $1 FROM alert a WHERE (CAST($2 AS INT64) = 0 OR a.id = $2) AND a.cleared_at IS NULL ON CONFLICT (alert, person) DO NOTHING;

-- name: alert_acknowledge
UPDATE alert SET acknowledged_at = $2, acknowledged_by = $3 WHERE id = $1;

-- name: alert_snooze
UPDATE alert SET snoozed_until = $2 WHERE id = $1;

-- name: alert_followups
SELECT CAST(coalesce(sum(CASE WHEN state < 2 THEN 1 ELSE 0 END), 0) AS INT64), CAST(coalesce(sum(CASE WHEN state < 2 AND due_at < $1 THEN 1 ELSE 0 END), 0) AS INT64) FROM followup;
