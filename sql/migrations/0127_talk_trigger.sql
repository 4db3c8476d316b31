-- Talk triggers: what is done so that customers talk of it.
CREATE TABLE talk_trigger (
	id ID NOT NULL PRIMARY KEY,
	promise TEXT NOT NULL,
	kind TEXT NOT NULL,            -- generosity, speed, usefulness, empathy, or a word of one's own
	cost TEXT NOT NULL,
	given_by TEXT NOT NULL,        -- names of the touchpoints with which it is given, a line each
	words TEXT NOT NULL,           -- by which a text is known to tell it, a line each
	remarkable TEXT NOT NULL,      -- the four tests: what speaks for each
	repeatable TEXT NOT NULL,
	reasonable TEXT NOT NULL,
	relevant TEXT NOT NULL,
	made_at INT64 NOT NULL,
	changed_at INT64 NOT NULL,
	removed_at INT64
);
