-- name: purpose_all
SELECT bit, name, title, aliases, is_enforced FROM purpose ORDER BY bit;

-- name: purpose_add
INSERT INTO purpose (bit, name, title, aliases, is_enforced, made_at) VALUES ($1, $2, $3, $4, $5, $6);

-- name: consent_each_state
SELECT i.customer, s.purpose, s.is_granted, s.how FROM consent_state s JOIN identity i ON i.subject = s.subject
ORDER BY s.is_granted DESC;

-- name: consent_of_customer
SELECT s.purpose, s.is_granted, s.how FROM consent_state s JOIN identity i ON i.subject = s.subject WHERE i.customer = $1;

-- name: consent_state_get
SELECT is_granted, at, how FROM consent_state WHERE subject = $1 AND purpose = $2;

-- name: consent_state_put
INSERT INTO consent_state (subject, purpose, is_granted, at, how) VALUES ($1, $2, $3, $4, $5)
ON CONFLICT (subject, purpose) DO UPDATE SET is_granted = excluded.is_granted, at = excluded.at, how = excluded.how;

-- name: consent_add
INSERT INTO consent (id, subject, purpose, is_granted, at, how, source, wording, actor)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9);

-- name: consent_category_note
INSERT INTO consent_category (name, times, last_at) VALUES ($1, 1, $2)
ON CONFLICT (name) DO UPDATE SET times = consent_category.times + 1, last_at = excluded.last_at;

-- name: purpose_save
UPDATE purpose SET title = $2, aliases = $3 WHERE bit = $1;

-- name: consent_customers
SELECT g.purpose, CAST(count(*) AS INT64) FROM (
	SELECT s.purpose AS purpose, i.customer AS customer
	FROM consent_state s JOIN identity i ON i.subject = s.subject
	GROUP BY s.purpose, i.customer
	HAVING sum(CASE WHEN s.is_granted THEN 0 ELSE 1 END) = 0) g
GROUP BY g.purpose;

-- name: consent_categories
SELECT name FROM consent_category ORDER BY times DESC, name LIMIT 200;
