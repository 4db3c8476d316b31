-- Outgoing webhooks. States of a delivery: 0 waiting, 1 delivered, 2 failed.

-- fragment: webhook_endpoint_columns
SELECT e.id, e.name, e.url, e.types, e.secret, e.old_secret, e.old_until, e.is_on, e.why_off, e.failing_since,
	(SELECT CAST(count(*) AS INT64) FROM webhook_delivery d WHERE d.endpoint = e.id AND d.state = 0) AS waiting,
	(SELECT max(d.tried_at) FROM webhook_delivery d WHERE d.endpoint = e.id AND d.state = 1) AS delivered_at
FROM webhook_endpoint e

-- name: webhook_endpoint_all
{{webhook_endpoint_columns}} WHERE e.removed_at IS NULL ORDER BY e.id;

-- name: webhook_endpoint_by_id
{{webhook_endpoint_columns}} WHERE e.removed_at IS NULL AND e.id = $1;

-- name: webhook_endpoint_add
INSERT INTO webhook_endpoint (id, name, url, types, secret, is_on, why_off, made_at) VALUES ($1, $2, $3, $4, $5, TRUE, '', $6);

-- name: webhook_endpoint_change
UPDATE webhook_endpoint SET name = $2, url = $3, types = $4 WHERE id = $1 AND removed_at IS NULL;

-- name: webhook_endpoint_rotate
UPDATE webhook_endpoint SET old_secret = secret, old_until = $2, secret = $3 WHERE id = $1 AND removed_at IS NULL;

-- name: webhook_endpoint_turn
UPDATE webhook_endpoint SET is_on = $2, why_off = $3, failing_since = NULL WHERE id = $1 AND removed_at IS NULL;

-- name: webhook_endpoint_went
UPDATE webhook_endpoint SET failing_since = CASE WHEN $2 THEN NULL ELSE coalesce(failing_since, $3) END WHERE id = $1;

-- name: webhook_endpoint_remove
UPDATE webhook_endpoint SET removed_at = $2 WHERE id = $1 AND removed_at IS NULL;

-- name: webhook_endpoint_restore
UPDATE webhook_endpoint SET removed_at = NULL WHERE id = $1 AND removed_at IS NOT NULL;

-- name: webhook_types_on
SELECT id, types FROM webhook_endpoint WHERE removed_at IS NULL ORDER BY id;

-- name: webhook_message_add
INSERT INTO webhook_message (id, key, type, body, made_at) VALUES ($1, $2, $3, $4, $5) ON CONFLICT (key) DO NOTHING;

-- name: webhook_delivery_add
INSERT INTO webhook_delivery (message, endpoint, state, tries, next_at, outcome, detail) VALUES ($1, $2, 0, 0, $3, '', '') ON CONFLICT (message, endpoint) DO NOTHING;

-- name: webhook_due
SELECT d.message, d.endpoint, d.tries, m.type, m.body, e.url, e.secret, e.old_secret, e.old_until FROM webhook_delivery d
JOIN webhook_message m ON m.id = d.message JOIN webhook_endpoint e ON e.id = d.endpoint
WHERE d.state = 0 AND d.next_at <= $1 AND e.is_on AND e.removed_at IS NULL ORDER BY d.next_at, d.message LIMIT 200;

-- name: webhook_delivery_tried
UPDATE webhook_delivery SET state = $3, tries = $4, next_at = $5, tried_at = $6, status = $7, outcome = $8, detail = $9, took_ms = $10 WHERE message = $1 AND endpoint = $2;

-- name: webhook_delivery_again
UPDATE webhook_delivery SET state = 0, tries = 0, next_at = $3 WHERE message = $1 AND endpoint = $2;

-- name: webhook_log
SELECT m.id AS message, m.type, m.made_at, d.state, d.tries, d.next_at, d.tried_at, d.status, d.outcome, d.detail, d.took_ms FROM webhook_delivery d JOIN webhook_message m ON m.id = d.message
WHERE d.endpoint = $1 ORDER BY d.message DESC LIMIT 100;

-- name: webhook_clean_deliveries
DELETE FROM webhook_delivery WHERE message IN (SELECT id FROM webhook_message WHERE made_at < $1);

-- name: webhook_clean_messages
DELETE FROM webhook_message WHERE made_at < $1;
