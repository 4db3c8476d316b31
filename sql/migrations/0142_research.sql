-- What is known of customers without counting: interviews, observation, visits, research.
CREATE TABLE research (
	id ID NOT NULL PRIMARY KEY,
	kind INT64 NOT NULL,      -- enum research_kind
	title TEXT NOT NULL,
	text TEXT NOT NULL,
	link TEXT NOT NULL,
	source TEXT NOT NULL,     -- who says it
	day INT64 NOT NULL,
	stage INT64 NOT NULL,     -- enum stage; 0: of none
	topic TEXT NOT NULL,
	persona TEXT NOT NULL,
	file_name TEXT,           -- of a file that was sent with it
	file_type TEXT,
	file_bytes INT64,
	made_by TEXT NOT NULL,
	made_at INT64 NOT NULL,
	removed_at INT64
);
CREATE INDEX research_day ON research (day, id);
