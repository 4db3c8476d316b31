-- name: customer_each
SELECT id, number FROM customer WHERE erased_at IS NULL ORDER BY number;

-- name: identity_each
SELECT i.subject, i.customer, i.kind FROM identity i;

-- name: edge_each_linked
SELECT a FROM edge WHERE rule = 'first_user' UNION SELECT a FROM join_suggestion WHERE rule = 'first_user';

-- name: suppression_each
SELECT hash FROM suppression;

-- name: suppression_add
INSERT INTO suppression (hash, erased_at) VALUES ($1, $2) ON CONFLICT (hash) DO NOTHING;

-- name: identity_source_add
INSERT INTO identity_source (subject, source) VALUES ($1, $2) ON CONFLICT (subject, source) DO NOTHING;

-- name: identity_user_conflict
SELECT a.shown, b.shown
FROM identity a
JOIN identity_source sa ON sa.subject = a.subject
JOIN identity b ON b.customer = $2 AND b.kind = 'user_id'
JOIN identity_source sb ON sb.subject = b.subject AND sb.source = sa.source
WHERE a.customer = $1 AND a.kind = 'user_id'
LIMIT 1;

-- name: identity_kind_past
SELECT kind FROM identity WHERE customer IN ($1, $2) GROUP BY kind HAVING count(*) > $3;

-- name: identity_move_all
UPDATE identity SET customer = $2 WHERE customer = $1;

-- name: identity_move
UPDATE identity SET customer = $2 WHERE subject = $1;

-- name: identity_of_customer
SELECT i.subject, i.kind, i.value, i.shown, i.source, i.seen_at FROM identity i WHERE i.customer = $1 ORDER BY i.subject;

-- name: illegal_identity_add
INSERT INTO illegal_identity (kind, value, reason, times, first_at, last_at) VALUES ($1, $2, $3, $4, $5, $5)
ON CONFLICT (kind, value) DO UPDATE SET times = illegal_identity.times + excluded.times, last_at = excluded.last_at;

-- name: illegal_identity_of_subject
INSERT INTO illegal_identity (kind, value, reason, times, first_at, last_at)
SELECT kind, value, 'too_many', 1, CAST($2 AS BIGINT), CAST($2 AS BIGINT) FROM identity WHERE subject = $1
ON CONFLICT (kind, value) DO UPDATE SET reason = 'too_many', times = illegal_identity.times + 1, last_at = excluded.last_at;

-- name: illegal_identity_all
SELECT kind, value, reason, times, last_at FROM illegal_identity ORDER BY last_at DESC, kind, value LIMIT $1;

-- name: illegal_identity_too_many
SELECT kind, value FROM illegal_identity WHERE reason = 'too_many';

-- name: customer_merge_into
UPDATE customer SET merged_into = $2, search = '' WHERE id = $1 OR merged_into = $1;

-- name: customer_unmerge
UPDATE customer SET merged_into = NULL WHERE id = $1;

-- name: customer_add
INSERT INTO customer (id, number, first_seen_at, last_seen_at, is_known, search, orders, units_sold, units_returned)
VALUES ($1, $2, $3, $3, FALSE, '', 0, 0, 0);

-- name: identity_born
SELECT born FROM identity WHERE subject = $1;

-- name: customer_lead_to
UPDATE customer SET merged_into = $2 WHERE id = (SELECT born FROM identity WHERE subject = $1) AND id <> $2;

-- name: edge_add
INSERT INTO edge (id, a, b, rule, evidence, made_at, made_by) VALUES ($1, $2, $3, $4, $5, $6, $7)
ON CONFLICT (a, b) DO NOTHING;

-- name: edge_between
SELECT id, undone_at FROM edge WHERE (a = $1 AND b = $2) OR (a = $2 AND b = $1);

-- name: edge_undo
UPDATE edge SET undone_at = $2, undone_by = $3 WHERE id = $1 AND undone_at IS NULL;

-- name: edge_renew
UPDATE edge SET undone_at = NULL, undone_by = NULL, rule = 'by_hand', made_at = $2, made_by = $3 WHERE id = $1;

-- name: join_suggestion_add
INSERT INTO join_suggestion (id, a, b, rule, evidence, reason, made_at) VALUES ($1, $2, $3, $4, $5, $6, $7)
ON CONFLICT (a, b) DO NOTHING;

-- name: customer_contact
SELECT kind, shown, value FROM identity WHERE customer = $1 ORDER BY subject;

-- fragment: some_customers
-- As many as customer/derive.c asks of at once; NULL where there are fewer.
$1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16

-- name: customer_traits
SELECT t.name, t.value FROM trait t JOIN identity i ON i.subject = t.subject WHERE i.customer = $1 ORDER BY t.at, t.subject;

-- name: customer_country_said
-- The traits that may tell where they are, oldest first.
SELECT i.customer, t.value FROM identity i CROSS JOIN trait t
WHERE i.customer IN ({{some_customers}}) AND t.subject = i.subject AND t.name = 'country' ORDER BY t.at, t.subject;

-- name: customer_order_figures
-- Of those who have any rows.
SELECT i.customer,
	CAST(sum(CASE WHEN o.kind = 0 AND o.cancelled_at IS NULL THEN 1 ELSE 0 END) AS BIGINT),
	CAST(sum(CASE WHEN o.kind = 0 AND o.cancelled_at IS NULL THEN o.units ELSE 0 END) AS BIGINT),
	CAST(sum(CASE WHEN o.kind = 1 THEN o.units ELSE 0 END) AS BIGINT),
	min(CASE WHEN o.kind = 0 AND o.cancelled_at IS NULL THEN o.at END),
	max(CASE WHEN o.kind = 0 AND o.cancelled_at IS NULL THEN o.at END),
	max(o.country)
FROM identity i CROSS JOIN orders o WHERE i.customer IN ({{some_customers}}) AND o.subject = i.subject GROUP BY i.customer;

-- fragment: amounts
CAST(sum(CASE WHEN x.kind = 0 THEN 1 ELSE 0 END) AS BIGINT), CAST(sum(CASE WHEN x.kind = 1 THEN 1 ELSE 0 END) AS BIGINT),
	CAST(sum(CASE WHEN x.kind = 0 THEN x.revenue_micro ELSE 0 END) AS BIGINT), CAST(sum(CASE WHEN x.kind = 1 THEN x.revenue_micro ELSE 0 END) AS BIGINT)

-- fragment: of_amounts
SELECT i.customer AS customer, coalesce(o.currency, (SELECT value FROM setting WHERE name = 'currency'), '') AS currency, o.kind AS kind, o.revenue_micro AS revenue_micro
	FROM identity i CROSS JOIN orders o WHERE o.subject = i.subject AND (+o.kind = 1 OR (+o.kind = 0 AND o.cancelled_at IS NULL))

-- name: customer_amount_put
INSERT INTO customer_amount (customer, currency, orders, refunds, revenue_micro, refund_micro)
SELECT x.customer, x.currency, {{amounts}} FROM ({{of_amounts}} AND i.customer IN ({{some_customers}})) AS x GROUP BY x.customer, x.currency;

-- name: customer_amount_remove
DELETE FROM customer_amount WHERE customer IN ({{some_customers}});

-- name: customer_amount_put_all
INSERT INTO customer_amount (customer, currency, orders, refunds, revenue_micro, refund_micro)
SELECT x.customer, x.currency, {{amounts}} FROM ({{of_amounts}}) AS x GROUP BY x.customer, x.currency;

-- name: customer_amount_remove_all
DELETE FROM customer_amount;

-- name: customer_amounts
SELECT currency, orders, refunds, revenue_micro, refund_micro FROM customer_amount WHERE customer = $1 ORDER BY orders DESC, currency;

-- name: customer_put_derived
UPDATE customer SET is_known = $2, name = $3, given_name = $4, family_name = $5, called = $6, email = $7, phone = $8,
	country = $9, language = $10, sort_key = $11, search = $12, orders = $13, units_sold = $14, units_returned = $15,
	first_order_at = $16, last_order_at = $17, first_seen_at = coalesce($18, first_seen_at), last_seen_at = coalesce($19, last_seen_at)
WHERE id = $1;

-- name: customer_put_orders
UPDATE customer SET country = $2, orders = $3, units_sold = $4, units_returned = $5, first_order_at = $6, last_order_at = $7,
	first_seen_at = coalesce($8, first_seen_at), last_seen_at = coalesce($9, last_seen_at)
WHERE id = $1;

-- name: customer_put_seen
UPDATE customer SET first_seen_at = $2, last_seen_at = $3 WHERE id = $1 AND (first_seen_at <> $2 OR last_seen_at <> $3);

-- name: trait_put
INSERT INTO trait (subject, name, value, at, source) VALUES ($1, $2, $3, $4, $5)
ON CONFLICT (subject, name) DO UPDATE SET value = excluded.value, at = excluded.at, source = excluded.source
WHERE trait.at <= excluded.at;

-- name: trait_remove
DELETE FROM trait WHERE subject = $1 AND name = $2 AND at <= $3;

-- name: customer_called
SELECT coalesce(nullif(called, ''), nullif(given_name, ''), nullif(name, '')) AS called FROM customer WHERE id = $1 AND erased_at IS NULL;
