-- name: sms_add
INSERT INTO sms (id, customer_subject, recipient, body, language, code, path, state, tries, due_at, made_at, problem) VALUES ($1, $2, $3, $4, $5, $6, $7, 0, 0, $8, $8, '');

-- name: sms_due
SELECT id, recipient, body, language, tries FROM sms WHERE state = 0 AND due_at <= $1 ORDER BY due_at, id LIMIT 1;

-- name: sms_next_due
SELECT min(due_at) FROM sms WHERE state = 0;

-- name: sms_tried
UPDATE sms SET state = CAST($2 AS INT64), tries = tries + 1, due_at = $3, problem = $4, ended_at = CASE WHEN CAST($2 AS INT64) = 3 THEN $5 ELSE ended_at END WHERE id = $1 AND state = 0;

-- name: sms_receipt
-- A receipt may come before the gateway's own answer was written down; delivered stays delivered.
UPDATE sms SET state = $2, problem = $3, ended_at = $4 WHERE id = $1 AND state <> 2;

-- name: sms_exists
SELECT count(*) FROM sms WHERE id = $1;

-- name: sms_path
SELECT path FROM sms WHERE code = $1;

-- name: sms_counts
SELECT state, CAST(count(*) AS INT64) FROM sms WHERE made_at >= $1 GROUP BY state;

-- name: sms_last_problem
SELECT problem FROM sms WHERE problem <> '' ORDER BY id DESC LIMIT 1;

-- name: sms_remove_subject
DELETE FROM sms WHERE customer_subject = $1;

-- name: export_sms
SELECT m.recipient, m.body AS text, m.language, m.state, m.made_at, m.ended_at FROM sms m JOIN identity i ON i.subject = m.customer_subject WHERE i.customer = $1 ORDER BY m.id;
