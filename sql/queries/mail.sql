-- The outbox. States: 0 queued, 1 sending, 2 sent, 3 failed, 4 bounced (enum mail_state).

-- name: mail_add
INSERT INTO mail (id, kind, person, recipient, recipient_name, search, language, subject, text, html, unsubscribe, state,
	attempts, is_repeated, made_at, due_at, customer_subject, answers, reference_ids)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, 0, 0, FALSE, $12, $14, $13, $15, $16);

-- name: mail_take_back
-- What a stop of the program left in the middle: whether it arrived is not known.
UPDATE mail SET state = 0, is_repeated = TRUE WHERE state = 1;

-- name: mail_take
UPDATE mail SET state = 1, attempts = attempts + 1
WHERE id = (SELECT id FROM mail WHERE state = 0 AND due_at <= $1 ORDER BY due_at, id LIMIT 1)
RETURNING id, recipient, recipient_name, language, subject, text, html, unsubscribe, made_at, attempts, answers, reference_ids, kind;

-- name: mail_end
UPDATE mail SET state = $2, ended_at = $3, code = $4, answer = $5 WHERE id = $1 AND state = 1;

-- name: mail_drop_texts
UPDATE mail SET text = NULL, html = NULL WHERE id = $1;

-- name: mail_put_off
UPDATE mail SET state = 0, due_at = $2, attempts = $3, code = $4, answer = $5, is_repeated = (is_repeated OR $6)
WHERE id = $1 AND state = 1;

-- name: mail_next_due
SELECT min(due_at) FROM mail WHERE state = 0;

-- name: mail_outage_note
INSERT INTO mail_outage (id, since, tries, code, answer) VALUES (1, $1, 1, $2, $3)
ON CONFLICT (id) DO UPDATE SET tries = mail_outage.tries + 1, code = excluded.code, answer = excluded.answer
RETURNING tries;

-- name: mail_outage_over
DELETE FROM mail_outage;

-- name: mail_outage
SELECT since, tries, code, answer FROM mail_outage;

-- name: mail_hold_all
-- Of a backup: what waited then may have been sent since.
UPDATE mail SET state = 3, ended_at = $1, code = NULL, answer = $2 WHERE state IN (0, 1);

-- name: mail_again
UPDATE mail SET state = 0, attempts = 0, due_at = $2, ended_at = NULL, code = NULL, answer = NULL
WHERE id = $1 AND state IN (3, 4) AND text IS NOT NULL;

-- name: mail_forget
DELETE FROM mail WHERE state >= 2 AND ended_at < $1;

-- name: mail_last_test
SELECT id, kind, recipient, recipient_name, subject, state, attempts, is_repeated, made_at, ended_at, due_at, code, answer, text IS NOT NULL, complained_at
FROM mail WHERE person = $1 AND kind = 'test' ORDER BY id DESC LIMIT 1;

-- name: mail_count
SELECT CAST(count(*) AS INT64) FROM mail
WHERE (CAST($1 AS INT64) < 0 OR state = $1) AND (CAST($2 AS TEXT) = '' OR kind = $2) AND (CAST($3 AS TEXT) = '' OR replace(search, $3, '') <> search);

-- name: mail_before
SELECT id, kind, recipient, recipient_name, subject, state, attempts, is_repeated, made_at, ended_at, due_at, code, answer, text IS NOT NULL, complained_at FROM mail
WHERE (CAST($1 AS INT64) < 0 OR state = $1) AND (CAST($2 AS TEXT) = '' OR kind = $2) AND (CAST($3 AS TEXT) = '' OR replace(search, $3, '') <> search)
	AND id < $4
ORDER BY id DESC LIMIT $5;

-- name: mail_after
SELECT id, kind, recipient, recipient_name, subject, state, attempts, is_repeated, made_at, ended_at, due_at, code, answer, text IS NOT NULL, complained_at FROM mail
WHERE (CAST($1 AS INT64) < 0 OR state = $1) AND (CAST($2 AS TEXT) = '' OR kind = $2) AND (CAST($3 AS TEXT) = '' OR replace(search, $3, '') <> search)
	AND id > $4
ORDER BY id LIMIT $5;

-- name: mail_forget_recipient
DELETE FROM mail WHERE (recipient = $1 OR recipient = $2) AND person IS NULL AND state <> 1;
-- name: mail_bounced
SELECT CAST(count(*) AS INT64) FROM mail WHERE recipient = $1 AND state = 4;

-- name: mail_remove_subject
DELETE FROM mail WHERE customer_subject = $1;

-- name: mail_came_back
-- Reported as failed after the server had taken it.
UPDATE mail SET state = $2, ended_at = $3, code = NULL, answer = $4 WHERE id = $1 AND state = 2;

-- name: mail_complained
UPDATE mail SET complained_at = $2 WHERE id = $1 AND state >= 2 AND complained_at IS NULL RETURNING customer_subject, coalesce(unsubscribe, '');

-- name: mail_complaints
SELECT CAST((SELECT count(*) FROM mail WHERE complained_at IS NOT NULL) AS INT64), CAST((SELECT count(*) FROM mail WHERE state = 2) AS INT64);

-- name: mailbox
SELECT uid_validity, uid_next, looked_at, found, fault_at, fault FROM mailbox;

-- name: mailbox_read
INSERT INTO mailbox (id, uid_validity, uid_next, looked_at, found, fault) VALUES (1, $1, $2, $3, $4, '')
ON CONFLICT (id) DO UPDATE SET uid_validity = excluded.uid_validity, uid_next = excluded.uid_next, looked_at = excluded.looked_at,
	found = excluded.found, fault_at = NULL, fault = '';

-- name: mailbox_fault
INSERT INTO mailbox (id, uid_validity, uid_next, found, fault_at, fault) VALUES (1, 0, 0, 0, $1, $2)
ON CONFLICT (id) DO UPDATE SET fault_at = coalesce(mailbox.fault_at, excluded.fault_at), fault = excluded.fault;

-- name: mailbox_forget
DELETE FROM mailbox;
