-- name: session_find
SELECT s.id, s.person, s.last_seen_at, s.expires_at, p.email, p.name, p.role, p.language, p.calendar
FROM session s JOIN person p ON p.id = s.person
WHERE s.hash = $1 AND s.ended_at IS NULL AND s.expires_at > $2 AND p.removed_at IS NULL;

-- name: session_add
INSERT INTO session (id, hash, person, made_at, last_seen_at, expires_at, device, address)
VALUES ($1, $2, $3, $4, $4, $5, $6, $7);

-- name: session_seen
UPDATE session SET last_seen_at = $2, expires_at = $3 WHERE id = $1 AND ended_at IS NULL;

-- name: session_end
UPDATE session SET ended_at = $3 WHERE id = $1 AND person = $2 AND ended_at IS NULL;

-- name: session_end_of
UPDATE session SET ended_at = $3 WHERE person = $1 AND id <> $2 AND ended_at IS NULL;

-- name: session_forget
DELETE FROM session WHERE expires_at < $1 OR ended_at < $1;

-- name: session_of
SELECT id, device, address, made_at, last_seen_at FROM session
WHERE person = $1 AND ended_at IS NULL AND expires_at > $2 ORDER BY last_seen_at DESC, id;

-- name: owner_link_add
INSERT INTO owner_link (hash, expires_at) VALUES ($1, $2);

-- name: owner_link_use
UPDATE owner_link SET used_at = $2 WHERE hash = $1 AND used_at IS NULL AND expires_at > $2;

-- name: owner_link_forget
DELETE FROM owner_link WHERE expires_at < $1;

-- name: person_get
SELECT id, email, name, role, password, language, calendar FROM person WHERE id = $1 AND removed_at IS NULL;

-- name: person_by_email
SELECT id, email, name, role, password, language, calendar FROM person WHERE email_key = $1 AND removed_at IS NULL;

-- name: person_first_owner
SELECT id, email, name, role, password, language, calendar FROM person
WHERE role = 'owner' AND removed_at IS NULL ORDER BY made_at, id LIMIT 1;

-- name: person_add
INSERT INTO person (id, email, email_key, name, role, password, language, made_at, made_by)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9);

-- name: person_set_password
UPDATE person SET password = $2 WHERE id = $1;

-- name: person_set_role
UPDATE person SET role = $2 WHERE id = $1 AND removed_at IS NULL;

-- name: person_set_about
UPDATE person SET name = $2, language = $3, calendar = $4 WHERE id = $1;

-- name: person_set_language
UPDATE person SET language = $2 WHERE id = $1;

-- name: person_set_up
UPDATE person SET name = $2, email = $3, email_key = $4, language = $5 WHERE id = $1;

-- name: person_remove
UPDATE person SET removed_at = $2 WHERE id = $1 AND removed_at IS NULL;

-- name: person_restore
UPDATE person SET removed_at = NULL WHERE id = $1 AND removed_at IS NOT NULL;

-- name: person_removed
SELECT email_key, name FROM person WHERE id = $1 AND removed_at IS NOT NULL;

-- name: person_other_owners
SELECT CAST(count(*) AS INT64) FROM person WHERE role = 'owner' AND removed_at IS NULL AND id <> $1;

-- name: person_all
SELECT p.id, p.name, p.email, p.role,
	(SELECT CAST(count(*) AS INT64) FROM session s WHERE s.person = p.id AND s.ended_at IS NULL AND s.expires_at > $1),
	(SELECT max(s.last_seen_at) FROM session s WHERE s.person = p.id)
FROM person p WHERE p.removed_at IS NULL ORDER BY p.made_at, p.id;

-- name: sign_in_try_forget
DELETE FROM sign_in_try WHERE at < $1;

-- name: sign_in_try_add
INSERT INTO sign_in_try (id, email, address, at) VALUES ($1, $2, $3, $4);

-- name: sign_in_try_count
SELECT CAST(coalesce(sum(CASE WHEN email = $1 THEN 1 ELSE 0 END), 0) AS INT64),
	CAST(coalesce(sum(CASE WHEN address = $2 THEN 1 ELSE 0 END), 0) AS INT64),
	min(CASE WHEN email = $1 THEN at END), min(CASE WHEN address = $2 THEN at END)
FROM sign_in_try WHERE email = $1 OR address = $2;

-- name: sign_in_try_forgive
DELETE FROM sign_in_try WHERE email = $1;

-- name: invitation_add
INSERT INTO invitation (id, hash, person, email, email_key, name, role, made_at, made_by, expires_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10);

-- name: invitation_by_hash
SELECT id, person, email, name, role FROM invitation
WHERE hash = $1 AND used_at IS NULL AND ended_at IS NULL AND expires_at > $2;

-- name: invitation_use
UPDATE invitation SET used_at = $2 WHERE id = $1 AND used_at IS NULL AND ended_at IS NULL AND expires_at > $2;

-- name: invitation_end
UPDATE invitation SET ended_at = $2 WHERE id = $1 AND used_at IS NULL AND ended_at IS NULL;

-- name: invitation_end_of_email
UPDATE invitation SET ended_at = $2 WHERE email_key = $1 AND used_at IS NULL AND ended_at IS NULL;

-- name: invitation_open
SELECT id, email, role, expires_at FROM invitation
WHERE used_at IS NULL AND ended_at IS NULL AND expires_at > $1 ORDER BY made_at DESC, id DESC;
