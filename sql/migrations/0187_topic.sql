-- The workspace's own topics and rules of reading, whole, each time they were changed. The newest holds; none: those of the product.
CREATE TABLE topic_version (
	id ID NOT NULL PRIMARY KEY,
	at INT64 NOT NULL,
	person ID,
	topics TEXT,           -- name TAB query, a line each; NULL: the product's
	rules TEXT NOT NULL,   -- the same, of names such as sentiment/neg
	moved TEXT NOT NULL    -- old name TAB new name, a line each, oldest first; an empty new name: removed
);
