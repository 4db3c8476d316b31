-- A customer's page.

-- name: customer_get
SELECT number, merged_into, erased_at, is_known, name, given_name, family_name, called, country, language, orders, first_order_at, last_order_at, first_seen_at, last_seen_at, units_sold, units_returned, email, phone
FROM customer WHERE id = $1;

-- name: customer_edges
SELECT e.id, e.a, e.b, e.rule, e.evidence, e.made_at, e.made_by FROM edge e JOIN identity i ON i.subject = e.a
WHERE i.customer = $1 AND e.undone_at IS NULL ORDER BY e.made_at, e.id;

-- name: customer_suggestions
SELECT s.id, s.a, s.b, s.rule, s.evidence, s.reason, s.made_at FROM join_suggestion s JOIN identity i ON i.subject = s.a
WHERE i.customer = $1 AND s.decided_at IS NULL
UNION
SELECT s.id, s.a, s.b, s.rule, s.evidence, s.reason, s.made_at FROM join_suggestion s JOIN identity i ON i.subject = s.b
WHERE i.customer = $1 AND s.decided_at IS NULL
ORDER BY 7 DESC, 1 LIMIT 20;

-- name: customer_trait_rows
SELECT t.name, t.value, t.source, t.at FROM trait t JOIN identity i ON i.subject = t.subject WHERE i.customer = $1
ORDER BY t.name, t.at DESC, t.subject;

-- name: customer_consent_rows
SELECT DISTINCT c.purpose, c.is_granted, c.at, c.how, c.source, c.wording, c.actor FROM consent c JOIN identity i ON i.subject = c.subject
WHERE i.customer = $1 ORDER BY c.at DESC, c.is_granted;

-- name: customer_order_rows
SELECT o.number, o.at, o.units, o.revenue_micro, o.currency, o.cancelled_at,
	(SELECT CAST(sum(r.revenue_micro) AS INT64) FROM orders r JOIN identity j ON j.subject = r.subject
	 WHERE j.customer = $1 AND r.kind = 1 AND r.of_number = o.number AND coalesce(r.currency, $3) = coalesce(o.currency, $3)) AS refunded_micro
FROM orders o JOIN identity i ON i.subject = o.subject WHERE i.customer = $1 AND o.kind = 0
ORDER BY o.at DESC, o.id DESC LIMIT $2;

-- name: customer_order_times
SELECT o.at FROM orders o JOIN identity i ON i.subject = o.subject
WHERE i.customer = $1 AND o.kind = 0 AND o.cancelled_at IS NULL ORDER BY o.at;

-- name: customer_order_count
SELECT CAST(coalesce(sum(CASE WHEN o.kind = 0 THEN 1 ELSE 0 END), 0) AS INT64), CAST(coalesce(sum(CASE WHEN o.kind = 1 THEN 1 ELSE 0 END), 0) AS INT64)
FROM orders o JOIN identity i ON i.subject = o.subject WHERE i.customer = $1;

-- name: customer_name_rows
SELECT n.called, n.given_name, n.family_name, n.name_order FROM customer_name n JOIN identity i ON i.subject = n.subject
WHERE i.customer = $1 ORDER BY n.at DESC, n.subject LIMIT 1;

-- name: customer_name_put
INSERT INTO customer_name (subject, called, given_name, family_name, name_order, at) VALUES ($1, $2, $3, $4, $5, $6)
ON CONFLICT (subject) DO UPDATE SET called = excluded.called, given_name = excluded.given_name, family_name = excluded.family_name,
	name_order = excluded.name_order, at = excluded.at;

-- name: customer_name_remove
DELETE FROM customer_name WHERE subject IN (SELECT subject FROM identity WHERE customer = $1);

-- name: suggestion_get
SELECT a, b, decided_at FROM join_suggestion WHERE id = $1;

-- name: suggestion_decide
UPDATE join_suggestion SET decided_at = $2, decision = $3 WHERE id = $1 AND decided_at IS NULL;
