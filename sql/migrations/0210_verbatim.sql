-- What customers wrote otherwise than in answers and mentions, as it stands in their touchpoints: read once, when it comes.
CREATE TABLE verbatim (
	id ID NOT NULL PRIMARY KEY,
	key TEXT NOT NULL UNIQUE,      -- of its touchpoint: the same one again is the same text
	source INT64 NOT NULL,
	subject INT64 NOT NULL,        -- 0: nobody's
	import INT64 NOT NULL,
	at INT64 NOT NULL,
	purposes INT64 NOT NULL,
	is_by_hand BOOL NOT NULL,      -- one of ours wrote it down
	event TEXT NOT NULL,
	channel TEXT,
	text TEXT NOT NULL,
	language TEXT,
	sentiment TEXT,
	topics TEXT NOT NULL,
	signals TEXT NOT NULL,
	sentiment_score REAL,
	why TEXT                       -- the words that led there, a line each; so are the next two
);
CREATE INDEX verbatim_at ON verbatim (at, id);
CREATE INDEX verbatim_subject ON verbatim (subject);
CREATE INDEX verbatim_import ON verbatim (import);
ALTER TABLE feedback ADD COLUMN sentiment_score REAL;
ALTER TABLE feedback ADD COLUMN why TEXT;
ALTER TABLE mention ADD COLUMN sentiment_score REAL;
ALTER TABLE mention ADD COLUMN why TEXT;
-- What was there before is read now.
INSERT INTO job (id, kind, payload, state, unique_key, due_at_ms, added_at_ms)
SELECT 210, 'reread', '{}', 0, 'all', 0, 0 WHERE EXISTS (SELECT 1 FROM source) AND NOT EXISTS (SELECT 1 FROM job WHERE kind = 'reread' AND state = 0);
