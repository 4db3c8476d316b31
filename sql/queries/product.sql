-- name: product_all
SELECT id, sku, name, search FROM product ORDER BY sku;

-- name: product_sums
-- Whole units and thousandths, whole amounts and millionths apart, so that no sum can overflow.
SELECT product, kind,
	CAST(sum(CASE WHEN quantity > 0 THEN quantity / 1000 ELSE 0 END) AS BIGINT),
	CAST(sum(CASE WHEN quantity > 0 THEN quantity % 1000 ELSE 0 END) AS BIGINT),
	CAST(sum(quantity / 1000) AS BIGINT), CAST(sum(quantity % 1000) AS BIGINT),
	CAST(sum(amount_micro / 1000000) AS BIGINT), CAST(sum(amount_micro % 1000000) AS BIGINT),
	count(*)
FROM order_line WHERE kind IN (0, 1) AND at >= $1 AND at < $2 GROUP BY product, kind;

-- name: product_has_apart
-- Whether any order is to be taken off the sums again: cancelled, not allowed for analysis, or in another currency.
SELECT 1 WHERE EXISTS (SELECT 1 FROM orders WHERE cancelled_at IS NOT NULL OR (purposes / 2) % 2 = 0 OR coalesce(nullif(currency, ''), $2) <> $1);

-- name: product_sums_apart
-- The sums of those orders by currency; is_left_out tells those that count nowhere from those that are in another currency.
WITH apart AS (
	SELECT id, coalesce(nullif(currency, ''), $4) AS currency, CASE WHEN cancelled_at IS NOT NULL OR (purposes / 2) % 2 = 0 THEN 1 ELSE 0 END AS is_left_out
	FROM orders
	WHERE kind IN (0, 1) AND at >= $1 AND at < $2
		AND (cancelled_at IS NOT NULL OR (purposes / 2) % 2 = 0 OR coalesce(nullif(currency, ''), $4) <> $3)
)
SELECT l.product, l.kind,
	CAST(sum(CASE WHEN l.quantity > 0 THEN l.quantity / 1000 ELSE 0 END) AS BIGINT),
	CAST(sum(CASE WHEN l.quantity > 0 THEN l.quantity % 1000 ELSE 0 END) AS BIGINT),
	CAST(sum(l.quantity / 1000) AS BIGINT), CAST(sum(l.quantity % 1000) AS BIGINT),
	CAST(sum(l.amount_micro / 1000000) AS BIGINT), CAST(sum(l.amount_micro % 1000000) AS BIGINT),
	count(*), p.currency, p.is_left_out
FROM apart p CROSS JOIN order_line l WHERE l.order_id = p.id GROUP BY l.product, l.kind, p.currency, p.is_left_out;

-- name: product_sums_of_subject
-- Of a subject whose customer refuses, those that are not left out anyway.
SELECT l.product, l.kind,
	CAST(sum(CASE WHEN l.quantity > 0 THEN l.quantity / 1000 ELSE 0 END) AS BIGINT),
	CAST(sum(CASE WHEN l.quantity > 0 THEN l.quantity % 1000 ELSE 0 END) AS BIGINT),
	CAST(sum(l.quantity / 1000) AS BIGINT), CAST(sum(l.quantity % 1000) AS BIGINT),
	CAST(sum(l.amount_micro / 1000000) AS BIGINT), CAST(sum(l.amount_micro % 1000000) AS BIGINT),
	count(*), coalesce(nullif(o.currency, ''), $4)
FROM orders o CROSS JOIN order_line l
WHERE o.subject = $1 AND o.kind IN (0, 1) AND o.at >= $2 AND o.at < $3 AND o.cancelled_at IS NULL AND (o.purposes / 2) % 2 = 1 AND l.order_id = o.id
GROUP BY l.product, l.kind, coalesce(nullif(o.currency, ''), $4);

-- name: product_lines
SELECT l.order_id, l.kind, l.at, l.quantity, l.amount_micro, o.subject, o.purposes, o.currency
FROM order_line l JOIN orders o ON o.id = l.order_id
WHERE l.product = $1 AND l.kind IN (0, 1) AND l.at >= $2 AND l.at < $3 AND o.cancelled_at IS NULL ORDER BY l.kind, l.order_id;

-- name: product_by_code
SELECT id, sku, name FROM product WHERE sku = $1;

-- name: product_buyer
SELECT id, name, is_known, country, orders, last_seen_at FROM customer WHERE id = $1 AND erased_at IS NULL;

-- name: product_buyer_identity
SELECT kind, shown FROM identity WHERE customer = $1
ORDER BY CASE kind WHEN 'user_id' THEN 0 WHEN 'email' THEN 1 WHEN 'phone' THEN 2 WHEN 'anonymous_id' THEN 4 ELSE 3 END, subject LIMIT 1;

-- name: product_known
-- Unless a name ($2) or a category ($3) is stated that it does not have.
SELECT id FROM product WHERE sku = $1 AND (name IS NOT NULL OR NOT CAST($2 AS BOOL)) AND (category IS NOT NULL OR NOT CAST($3 AS BOOL));
