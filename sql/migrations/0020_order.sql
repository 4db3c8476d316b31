-- Orders, refunds and adjustments, derived from touchpoints. Amounts are millionths of the currency's unit.
CREATE TABLE orders (
	id ID NOT NULL PRIMARY KEY,
	kind INT64 NOT NULL,         -- 0 order, 1 refund, 2 adjustment
	source INT64 NOT NULL,
	number TEXT NOT NULL,        -- the outside number
	of_number TEXT,              -- refund: the order refunded, when it was said
	subject INT64 NOT NULL,      -- 0: no customer was named
	import INT64 NOT NULL,
	at INT64 NOT NULL,
	cancelled_at INT64,
	currency TEXT,
	country TEXT,
	channel TEXT,
	purposes INT64 NOT NULL,
	revenue_micro INT64 NOT NULL, -- Σ quantity × price; of refunds and adjustments usually ≤ 0
	units INT64 NOT NULL,        -- sold (order) or returned (refund) units, in thousandths
	lines INT64 NOT NULL,
	UNIQUE (source, kind, number)
);
CREATE INDEX orders_subject ON orders (subject);
CREATE INDEX orders_at ON orders (kind, at);
CREATE INDEX orders_import ON orders (import);

CREATE TABLE order_line (
	order_id INT64 NOT NULL,
	line INT64 NOT NULL,
	kind INT64 NOT NULL,         -- of its order
	at INT64 NOT NULL,
	product INT64 NOT NULL,
	quantity INT64 NOT NULL,     -- thousandths, as sent (returns negative)
	price_micro INT64 NOT NULL,
	amount_micro INT64 NOT NULL,
	row_hash BLOB,               -- of the file's row it came from
	PRIMARY KEY (order_id, line)
);
CREATE INDEX order_line_product ON order_line (product, kind, at, quantity, amount_micro, order_id);

CREATE TABLE product (
	id ID NOT NULL PRIMARY KEY,
	sku TEXT NOT NULL UNIQUE,
	name TEXT,
	category TEXT,
	search TEXT NOT NULL,
	first_at INT64 NOT NULL
);
