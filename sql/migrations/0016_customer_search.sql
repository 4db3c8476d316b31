-- The folded words by which a customer is found, each a prefix's range away. Anonymous ids are found whole, as identities.
CREATE TABLE customer_word (
	word TEXT NOT NULL,
	customer ID NOT NULL,
	PRIMARY KEY (word, customer)
) WITHOUT ROWID;
CREATE INDEX customer_word_customer ON customer_word (customer);

-- Names that a person entered, by subject, so that an undone join takes them along. They win over traits.
CREATE TABLE customer_name (
	subject INT64 NOT NULL PRIMARY KEY,
	called TEXT,
	given_name TEXT,
	family_name TEXT,
	name_order TEXT,             -- given-first, family-first; absent: as the culture has it
	at INT64 NOT NULL
);

-- An erasure whose records are gone while the events are still to be hidden: finished at the next start.
CREATE TABLE erasure (
	customer ID NOT NULL PRIMARY KEY,
	subjects TEXT NOT NULL,      -- numbers, separated by commas
	at INT64 NOT NULL
);

-- The customer that was made for an identity when it was first seen: what it becomes again when a join is undone.
ALTER TABLE identity ADD COLUMN born INT64;

-- Joins look for the customers that were merged before; the list is filtered by country.
CREATE INDEX customer_merged ON customer (merged_into) WHERE merged_into IS NOT NULL;
CREATE INDEX customer_country ON customer (country) WHERE country IS NOT NULL AND merged_into IS NULL AND erased_at IS NULL;
CREATE INDEX consent_state_purpose ON consent_state (purpose, is_granted, subject);
