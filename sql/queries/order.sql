-- name: order_find
SELECT id, at, lines, kind, currency FROM orders WHERE source = $1 AND kind = $2 AND number = $3;

-- name: order_currency_stated
SELECT currency FROM orders WHERE source = $1 AND kind = 0 AND number = $2;

-- name: order_add_lines
UPDATE orders SET revenue_micro = revenue_micro + $2, units = units + $3, lines = lines + $4 WHERE id = $1;

-- name: order_restate
UPDATE orders SET at = $2, revenue_micro = $3, units = $4, lines = $5, currency = coalesce($6, currency), country = coalesce($7, country)
WHERE id = $1;

-- name: order_cancel
UPDATE orders SET cancelled_at = $3 WHERE source = $1 AND kind = 0 AND number = $2;

-- name: order_line_remove
DELETE FROM order_line WHERE order_id = $1;

-- name: order_line_remove_import
DELETE FROM order_line WHERE order_id IN (SELECT id FROM orders WHERE import = $1);

-- name: order_remove_import
DELETE FROM orders WHERE import = $1;

-- name: order_line_remove_subject
DELETE FROM order_line WHERE order_id IN (SELECT id FROM orders WHERE subject = $1);

-- name: order_remove_subject
DELETE FROM orders WHERE subject = $1;

-- name: product_put
INSERT INTO product (id, sku, name, category, search, first_at) VALUES ($1, $2, $3, $4, $5, $6)
ON CONFLICT (sku) DO UPDATE SET
	name = coalesce(product.name, excluded.name), category = coalesce(product.category, excluded.category),
	search = CASE WHEN product.name IS NULL AND excluded.name IS NOT NULL THEN excluded.search ELSE product.search END
RETURNING id;

-- name: order_currencies
-- Each once, '' where none is stated, walked from one to the next in the index; and whether any order or refund is in it.
WITH RECURSIVE code (c) AS (
	SELECT min(currency) FROM orders
	UNION ALL
	SELECT (SELECT min(o.currency) FROM orders o WHERE o.currency > code.c) FROM code WHERE code.c IS NOT NULL
)
SELECT c, CASE WHEN EXISTS (SELECT 1 FROM orders o WHERE o.currency = c AND o.kind IN (0, 1)) THEN 1 ELSE 0 END FROM code WHERE c IS NOT NULL
UNION ALL
SELECT '', CASE WHEN EXISTS (SELECT 1 FROM orders o WHERE o.currency IS NULL AND o.kind IN (0, 1)) THEN 1 ELSE 0 END
WHERE EXISTS (SELECT 1 FROM orders o WHERE o.currency IS NULL)
ORDER BY 2 DESC, 1 LIMIT $1;

-- name: order_currency_counts
-- The one that most orders are in.
SELECT o.code, count(*) FROM (SELECT coalesce(currency, CAST($1 AS TEXT)) AS code FROM orders WHERE kind = 0) o GROUP BY o.code ORDER BY 2 DESC, 1 LIMIT 1;
