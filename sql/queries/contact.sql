-- name: contact_caps
SELECT id, most, days, channel, trait, value FROM contact_cap ORDER BY days, most, id;

-- name: contact_cap_add
INSERT INTO contact_cap (id, most, days, channel, trait, value, made_at) VALUES ($1, $2, $3, $4, $5, $6, $7);

-- name: contact_cap_remove
DELETE FROM contact_cap WHERE id = $1;

-- name: contact_person
SELECT language, called FROM customer WHERE id = $1;

-- name: contact_address
SELECT subject, value FROM identity WHERE customer = $1 AND kind = $2 ORDER BY seen_at DESC, subject DESC LIMIT 1;

-- name: contact_past
SELECT c.at, c.channel FROM contact c JOIN identity i ON i.subject = c.subject
WHERE i.customer = $1 AND c.at > $2 AND c.reason = '' ORDER BY c.at;

-- name: contact_add
INSERT INTO contact (id, subject, at, topic, channel, what, reason) VALUES ($1, $2, $3, $4, $5, $6, $7);

-- name: contact_unwanted
SELECT p.topic, p.channel FROM contact_preference p JOIN identity i ON i.subject = p.subject
WHERE i.customer = $1 AND NOT p.is_wanted
	AND NOT EXISTS (SELECT 1 FROM contact_preference o JOIN identity j ON j.subject = o.subject
		WHERE j.customer = i.customer AND o.topic = p.topic AND o.channel = p.channel AND o.at > p.at);

-- name: contact_preference_put
INSERT INTO contact_preference (subject, topic, channel, is_wanted, at) VALUES ($1, $2, $3, $4, $5)
ON CONFLICT (subject, topic, channel) DO UPDATE SET is_wanted = excluded.is_wanted, at = excluded.at;

-- name: contact_remove_subject
DELETE FROM contact WHERE subject = $1;

-- name: contact_preference_remove_subject
DELETE FROM contact_preference WHERE subject = $1;

-- name: contact_counts
SELECT reason, CAST(count(*) AS INT64) FROM contact WHERE at >= $1 GROUP BY reason ORDER BY count(*) DESC, reason;

-- name: contact_latest
SELECT c.at, c.topic, c.channel, c.what, c.reason, i.customer, coalesce(k.name, k.email, i.shown) AS person
FROM contact c JOIN identity i ON i.subject = c.subject LEFT JOIN customer k ON k.id = i.customer
WHERE c.at >= $1 AND (CAST($2 AS TEXT) IS NULL OR c.reason = $2) ORDER BY c.at DESC, c.id DESC LIMIT 100;

-- name: export_contacts
SELECT c.at, c.topic, c.channel, c.what, c.reason FROM contact c JOIN identity i ON i.subject = c.subject WHERE i.customer = $1 ORDER BY c.at, c.id;

-- name: export_preferences
SELECT p.topic, p.channel, p.is_wanted, p.at FROM contact_preference p JOIN identity i ON i.subject = p.subject WHERE i.customer = $1 ORDER BY p.at, p.topic, p.channel;

-- name: contact_traits
SELECT t.name, t.value FROM trait t JOIN identity i ON i.subject = t.subject WHERE i.customer = $1 ORDER BY t.at, t.subject;
