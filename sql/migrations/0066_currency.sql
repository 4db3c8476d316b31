-- A code is written in capitals; an empty one says nothing.
UPDATE orders SET currency = CASE WHEN trim(currency) = '' THEN NULL WHEN length(trim(currency)) = 3 THEN upper(trim(currency)) ELSE currency END
WHERE currency IS NOT NULL;
-- Which currencies there are is read off by walking from one to the next.
CREATE INDEX orders_currency ON orders (currency, kind);

-- What a customer ordered and was refunded, in each currency apart. currency: '' is none that is stated.
CREATE TABLE customer_amount (
	customer INT64 NOT NULL,
	currency TEXT NOT NULL,
	orders INT64 NOT NULL,
	refunds INT64 NOT NULL,
	revenue_micro INT64 NOT NULL,
	refund_micro INT64 NOT NULL,
	PRIMARY KEY (customer, currency)
) WITHOUT ROWID;
INSERT INTO customer_amount (customer, currency, orders, refunds, revenue_micro, refund_micro)
SELECT x.customer, x.currency, CAST(sum(CASE WHEN x.kind = 0 THEN 1 ELSE 0 END) AS BIGINT), CAST(sum(CASE WHEN x.kind = 1 THEN 1 ELSE 0 END) AS BIGINT),
	CAST(sum(CASE WHEN x.kind = 0 THEN x.revenue_micro ELSE 0 END) AS BIGINT), CAST(sum(CASE WHEN x.kind = 1 THEN x.revenue_micro ELSE 0 END) AS BIGINT)
FROM (SELECT i.customer AS customer, coalesce(o.currency, (SELECT value FROM setting WHERE name = 'currency'), '') AS currency, o.kind AS kind, o.revenue_micro AS revenue_micro
	FROM orders o JOIN identity i ON i.subject = o.subject WHERE o.kind IN (0, 1) AND (o.kind = 1 OR o.cancelled_at IS NULL)) AS x
GROUP BY x.customer, x.currency;
CREATE INDEX customer_amount_revenue ON customer_amount (currency, revenue_micro, customer);
DROP INDEX customer_revenue;
ALTER TABLE customer DROP COLUMN revenue_micro;
ALTER TABLE customer DROP COLUMN refund_micro;

-- Of a target that is money; NULL: the one that leads.
ALTER TABLE target ADD COLUMN currency TEXT;
