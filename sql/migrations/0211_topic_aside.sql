-- Topics that were found in texts and that a person put aside.
CREATE TABLE topic_aside (
	id ID NOT NULL PRIMARY KEY,
	language TEXT NOT NULL,
	name TEXT NOT NULL,
	person ID,
	at INT64 NOT NULL,
	removed_at INT64
);
