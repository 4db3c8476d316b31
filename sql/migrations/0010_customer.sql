-- A customer is a set of subjects. `number` is dense, so that arrays in memory are indexed by it.
CREATE TABLE customer (
	id ID NOT NULL PRIMARY KEY,
	number INT64 NOT NULL UNIQUE,
	merged_into INT64,           -- id of the customer that took its subjects over
	erased_at INT64,
	first_seen_at INT64 NOT NULL,
	last_seen_at INT64 NOT NULL,
	is_known BOOL NOT NULL,      -- has an identity other than anonymous ids
	name TEXT,                   -- as shown in lists, in the customer's own order
	given_name TEXT,
	family_name TEXT,
	called TEXT,                 -- how the person wants to be called
	email TEXT,
	phone TEXT,
	country TEXT,
	language TEXT,
	sort_key BLOB,               -- of name
	search TEXT NOT NULL,        -- folded words of name and identities
	orders INT64 NOT NULL,
	units_sold INT64 NOT NULL,
	units_returned INT64 NOT NULL,
	revenue_micro INT64 NOT NULL,
	refund_micro INT64 NOT NULL,
	first_order_at INT64,
	last_order_at INT64
);
CREATE INDEX customer_last_seen ON customer (last_seen_at, id);
CREATE INDEX customer_sort ON customer (sort_key, id);
CREATE INDEX customer_revenue ON customer (revenue_micro, id);
CREATE INDEX customer_orders ON customer (orders, id);
CREATE INDEX customer_first_seen ON customer (first_seen_at, id);

-- What a customer is known by. One row a subject.
CREATE TABLE identity (
	subject INT64 NOT NULL PRIMARY KEY,
	kind TEXT NOT NULL,          -- user_id, anonymous_id, email, phone, or the name of an outside system
	value TEXT NOT NULL,         -- normalised
	shown TEXT NOT NULL,         -- as first sent
	customer INT64 NOT NULL,
	source INT64 NOT NULL,       -- number of the first source
	seen_at INT64 NOT NULL
);
CREATE UNIQUE INDEX identity_value ON identity (kind, value);
CREATE INDEX identity_customer ON identity (customer);

-- In which sources a user id was seen: two user ids of one source never share a profile.
CREATE TABLE identity_source (
	subject INT64 NOT NULL,
	source INT64 NOT NULL,
	PRIMARY KEY (subject, source)
);

-- Why two subjects are one customer. Taken back, never deleted, so that the same evidence does not join them again.
CREATE TABLE edge (
	id ID NOT NULL PRIMARY KEY,
	a INT64 NOT NULL,
	b INT64 NOT NULL,
	rule TEXT NOT NULL,          -- first_user, email, phone, external_id, alias, by_hand
	evidence TEXT NOT NULL,
	made_at INT64 NOT NULL,
	made_by TEXT NOT NULL,
	undone_at INT64,
	undone_by TEXT,
	UNIQUE (a, b)
);
CREATE INDEX edge_b ON edge (b);

-- A join that a rule wanted and a conflict forbade: for a person to decide.
CREATE TABLE join_suggestion (
	id ID NOT NULL PRIMARY KEY,
	a INT64 NOT NULL,            -- subjects
	b INT64 NOT NULL,
	rule TEXT NOT NULL,
	evidence TEXT NOT NULL,
	reason TEXT NOT NULL,        -- user_id_conflict, too_many
	made_at INT64 NOT NULL,
	decided_at INT64,
	decision TEXT,
	UNIQUE (a, b)
);
CREATE INDEX join_suggestion_b ON join_suggestion (b);

-- Traits by subject, so that an undone join takes them along; the latest of a customer's subjects is shown.
CREATE TABLE trait (
	subject INT64 NOT NULL,
	name TEXT NOT NULL,
	value TEXT NOT NULL,         -- JSON
	at INT64 NOT NULL,
	source INT64 NOT NULL,
	PRIMARY KEY (subject, name)
);

-- Values that no identity may have, and how often they came.
CREATE TABLE illegal_identity (
	kind TEXT NOT NULL,
	value TEXT NOT NULL,
	reason TEXT NOT NULL,        -- listed, too_many
	times INT64 NOT NULL,
	first_at INT64 NOT NULL,
	last_at INT64 NOT NULL,
	PRIMARY KEY (kind, value)
);

-- Keyed hashes of erased identities: they stay erased when sent again.
CREATE TABLE suppression (
	hash BLOB NOT NULL PRIMARY KEY,
	erased_at INT64 NOT NULL
);
